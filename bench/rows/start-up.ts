import { spawnSync } from "node:child_process";
import { freePorts } from "../../test/support/peers/process.ts";
import type { Bench, Row, Section } from "../bench.ts";
import { present } from "../contestants.ts";
import { firstAnswers } from "../first-answers.ts";
import { dnsdist } from "../forwarders/dnsdist.ts";
import { dotls } from "../forwarders/dotls.ts";
import type { Forwarder } from "../forwarders/forwarder.ts";
import { kresd } from "../forwarders/kresd.ts";
import { smartdns } from "../forwarders/smartdns.ts";
import { stubby } from "../forwarders/stubby.ts";
import { unbound } from "../forwarders/unbound.ts";
import { launchOn, serverCore } from "../place.ts";
import { markdown, median } from "../report.ts";
import { zone } from "../upstream.ts";

const row: Row = { name: "start", title: "from the start of the process to its first answer" };

/** Milliseconds of `node -e 0`: what Node.js takes to do nothing. */
function nothing(): number {
  const start = performance.now();
  spawnSync("taskset", ["-c", String(serverCore), process.execPath, "-e", "0"]);
  return performance.now() - start;
}

interface Times {
  /** Milliseconds to an answer to `localhost`, which needs no upstream; NaN where that was not answered. */
  readonly local: number;
  /** Milliseconds to an answer that came over TLS. */
  readonly forwarded: number;
}

/** Starts it, and stops it when the answer of the upstream is there. */
async function timesOf(bench: Bench, forwarder: Forwarder): Promise<Times> {
  const [port] = (await freePorts(1)) as [number];
  const folder = bench.newFolder(forwarder.name);
  const { command, args } = forwarder.configure({ folder, port, upstream: bench.upstream, cache: null });
  const answers = firstAnswers(port, ["localhost", zone]);
  const running = launchOn(serverCore, command, args, folder);
  try {
    const [local, forwarded] = await Promise.race([answers, running.died]);
    return { local: local?.after ?? Number.NaN, forwarded: forwarded!.after };
  } finally {
    await running.stop();
  }
}

/** The median of some times and of their ratios to those of Node.js; empty where one is missing. */
function cellsOf(times: readonly number[], bare: readonly number[]): string[] {
  if (times.some((time) => Number.isNaN(time))) return ["", ""];
  const ratios = times.map((time, round) => time / bare[round]!);
  return [median(times).toFixed(0), median(ratios).toFixed(2)];
}

async function run(bench: Bench): Promise<void> {
  const forwarders = present(bench, [dotls, ...bench.revisions, unbound, dnsdist, kresd, smartdns, stubby]);
  const bare: number[] = [];
  const results = new Map(forwarders.map(({ name }) => [name, [] as Times[]]));
  for (let round = 0; round < bench.rounds; round++) {
    bare.push(nothing());
    for (const forwarder of forwarders) results.get(forwarder.name)!.push(await timesOf(bench, forwarder));
  }
  const lines = [...results].map(([name, rounds]) => {
    const ofKey = (key: keyof Times): string[] =>
      cellsOf(
        rounds.map((times) => times[key]),
        bare,
      );
    return [[name], ofKey("local"), ofKey("forwarded")].flat();
  });
  const head = [
    "forwarder",
    "ms to `localhost`",
    "by `node -e 0`",
    "ms to an answer over TLS",
    "by `node -e 0`",
  ];
  bench.print(
    markdown(row.title, head, [
      ["node -e 0 (to its end)", median(bare).toFixed(0), "1.00", "", ""],
      ...lines,
    ]),
  );
}

export const startUp: Section = { rows: [row], run };
