import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePorts } from "../../test/support/peers/process.ts";
import type { Bench, Row, Section } from "../bench.ts";
import { present } from "../contestants.ts";
import { firstAnswers } from "../first-answers.ts";
import { dotls, dotlsWith } from "../forwarders/dotls.ts";
import type { Forwarder } from "../forwarders/forwarder.ts";
import { askAll } from "../load.ts";
import { nameAt, writeNames } from "../names.ts";
import { serverCore } from "../place.ts";
import { digits, markdown, median } from "../report.ts";
import { askAtRate } from "../stub.ts";
import { keptTtl, keptZone, largeZone, zone } from "../upstream.ts";

const row: Row = {
  name: "saved",
  title:
    "a cache of 512 MiB with 1,000,000 small and 200,000 large answers, saved by stopping and read by starting",
};

const SIZE = 512 * 2 ** 20;

/** A process that is given all the time it wants to end: what it does then is what is measured. */
async function launchOne(bench: Bench, forwarder: Forwarder, port: number): Promise<ChildProcess> {
  const ground = { folder: bench.newFolder(forwarder.name), port, upstream: bench.upstream };
  const { command, args } = forwarder.configure({ ...ground, cache: { bytes: SIZE, answers: 0 } });
  const child = spawn("taskset", ["-c", String(serverCore), command, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await once(child, "spawn");
  return child;
}

/** Ends it; milliseconds that this took. */
async function stop(child: ChildProcess): Promise<number> {
  const start = performance.now();
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
  return performance.now() - start;
}

interface Result {
  readonly bytes: number;
  readonly stopped: number;
  readonly started: number;
  readonly kept: number;
}

async function measure(bench: Bench): Promise<Result> {
  const folder = bench.newFolder("saved");
  const file = join(folder, "answers");
  const forwarder = dotlsWith("saved", [`cache.file=${file}`, "log.level=warn"]);
  const [port] = (await freePorts(1)) as [number];
  const [small, large] = bench.smoke ? [2000, 500] : [1_000_000, 200_000];
  let child = await launchOne(bench, forwarder, port);
  try {
    await firstAnswers(port, [zone]);
    await askAll(port, writeNames(join(folder, "small"), keptZone, small));
    await askAll(port, writeNames(join(folder, "large"), largeZone, large, { type: "TXT" }), ["-e"]);
    // What was kept a second ago has another TTL than what is fetched anew.
    await pause(1100);
    const stopped = await stop(child);
    const bytes = statSync(file).size;
    const first = firstAnswers(port, [nameAt(0, keptZone)]);
    child = await launchOne(bench, forwarder, port);
    const [answer] = await first;
    if (answer!.ttl >= keptTtl) bench.fault("saved: the first answer after the start was not from memory");
    let index = 0;
    const step = small / 1000;
    const sample = (): string | undefined => (index < 1000 ? nameAt(step * index++, keptZone) : undefined);
    const { asked, kept } = await askAtRate(port, 2000, keptTtl, sample);
    return { bytes, stopped, started: answer!.after, kept: kept / asked };
  } finally {
    child.kill("SIGKILL");
  }
}

async function run(bench: Bench): Promise<void> {
  if (present(bench, [dotls]).length === 0) return;
  const results: Result[] = [];
  for (let round = 0; round < Math.min(bench.rounds, 3); round++) results.push(await measure(bench));
  const middle = (key: keyof Result): number => median(results.map((result) => result[key]));
  if (results.some(({ kept }) => kept < 0.99)) bench.fault(`saved: ${JSON.stringify(results)}`);
  const head = [
    "",
    "MiB of the file",
    "ms to stop",
    "ms to the first answer from memory",
    "sum",
    "names still there",
  ];
  const [stopped, started] = [middle("stopped"), middle("started")];
  const cells = [
    digits(middle("bytes") / 2 ** 20),
    stopped.toFixed(0),
    started.toFixed(0),
    (stopped + started).toFixed(0),
  ];
  bench.print(markdown(row.title, head, [["dotls", ...cells, `${(middle("kept") * 100).toFixed(1)} %`]]));
}

export const saved: Section = { rows: [row], run };
