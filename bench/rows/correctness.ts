import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkedLoad, startCheckedUpstream } from "../../test/support/checked-load.ts";
import { cpuTime, residentMemory } from "../account.ts";
import type { Bench, Row, Section } from "../bench.ts";
import { type Contestant, present, start } from "../contestants.ts";
import { dotls } from "../forwarders/dotls.ts";
import { digits, markdown } from "../report.ts";
import { usualRoom } from "./peers.ts";

const row: Row = {
  name: "correctness",
  title: "mixed load of which every answer is checked for content and TTL",
};

async function run(bench: Bench): Promise<void> {
  const checked = await startCheckedUpstream();
  // What it counts would fill the memory in an hour.
  const forget = setInterval(() => checked.resetCounters(), 1000);
  try {
    const ca = join(bench.folder, "checked.pem");
    writeFileSync(ca, checked.ca);
    const upstream = { ...bench.upstream, port: checked.port, name: checked.name, ca };
    for (const forwarder of present(bench, [dotls, ...bench.revisions])) {
      const contestant = await start({ ...bench, upstream }, forwarder, { cache: usualRoom });
      try {
        await check(bench, contestant);
      } finally {
        await contestant.running.stop();
      }
    }
  } finally {
    clearInterval(forget);
    await checked.close();
  }
}

async function check(bench: Bench, { name, running, port }: Contestant): Promise<void> {
  const before = cpuTime(running.pid);
  const result = await checkedLoad(port, bench.smoke ? 1 : bench.seconds);
  const cpu = (cpuTime(running.pid) - before) / result.answered;
  const { asked, kept, stale, lost, wrong, faults } = result;
  const share = (part: number): string => `${((100 * part) / asked).toFixed(2)} %`;
  const memory = digits(residentMemory(running.pid) / 2 ** 20);
  const head = [
    "forwarder",
    "queries",
    "from memory",
    "of them stale",
    "wrong",
    "lost",
    "CPU µs a query",
    "RSS MiB",
  ];
  const line = [name, asked, share(kept), share(stale), wrong, lost, digits(cpu), memory];
  bench.print(markdown(row.title, head, [line.map(String)]));
  if (wrong + lost > 0)
    bench.fault(`correctness, ${name}: ${wrong} wrong, ${lost} lost\n${faults.join("\n")}`);
}

export const correctness: Section = { rows: [row], run };
