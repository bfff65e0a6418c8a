import { setTimeout as pause } from "node:timers/promises";
import { join } from "node:path";
import { residentMemory } from "../account.ts";
import type { Bench, Row, Section } from "../bench.ts";
import { type Contestant, present, start } from "../contestants.ts";
import { type CacheRoom, type Forwarder, isOurs } from "../forwarders/forwarder.ts";
import { dnsperf } from "../load.ts";
import { nameAt, seeded, writeNames, zipf } from "../names.ts";
import { digits, markdown } from "../report.ts";
import { askAtRate, type StubResult } from "../stub.ts";
import { keptTtl, keptZone } from "../upstream.ts";
import { withCache } from "./peers.ts";

const row: Row = {
  name: "flood",
  title:
    "1,000,000 random names in a minute, through a cache of 8 MiB, beside 1,000 queries a second for 2,000 names (Zipf)",
};

/** What the flood brings has twenty times this size. */
const room: CacheRoom = { bytes: 8 * 2 ** 20, answers: 50_000 };

const STEADY = 1000;
const FLOOD = 1_000_000 / 60;

interface Result extends StubResult {
  /** Resident memory before, after half of the time, and after, in bytes. */
  readonly memory: readonly number[];
}

async function measure(bench: Bench, { running, port }: Contestant): Promise<Result> {
  const seconds = bench.smoke ? 1 : 60;
  const popular = bench.smoke ? 200 : 2000;
  let index = 0;
  // Twice, as nobody can know at the first time that a name will be asked for again.
  const each = (): string | undefined =>
    index < 2 * popular ? nameAt(index++ % popular, keptZone, "steady") : undefined;
  await askAtRate(port, 2000, keptTtl, each);
  // From now on a TTL that has not counted down is one that was fetched again.
  await pause(1100);
  const memory = [residentMemory(running.pid)];
  const random = seeded(2);
  const next = zipf(popular, random);
  let left = seconds * STEADY;
  const steady = askAtRate(port, STEADY, keptTtl, () =>
    left-- > 0 ? nameAt(next(), keptZone, "steady") : undefined,
  );
  const list = writeNames(join(bench.folder, "flood"), keptZone, Math.ceil(seconds * FLOOD), {
    prefix: "flood",
  });
  const half = setTimeout(() => memory.push(residentMemory(running.pid)), seconds * 500);
  await dnsperf(port, list, ["-Q", FLOOD.toFixed(0)], seconds);
  clearTimeout(half);
  return { ...(await steady), memory: [...memory, residentMemory(running.pid)] };
}

async function run(bench: Bench): Promise<void> {
  const forwarders: Forwarder[] = [withCache[0]!, ...bench.revisions, ...withCache.slice(1)];
  const lines: string[][] = [];
  // One at a time: two floods would be another load.
  for (const forwarder of present(bench, forwarders)) {
    const contestant = await start(bench, forwarder, { cache: room });
    try {
      const result = await measure(bench, contestant);
      const { asked, kept, failed, lost } = result;
      const memory = result.memory.map((bytes) => digits(bytes / 2 ** 20));
      lines.push([
        forwarder.name,
        `${((100 * kept) / asked).toFixed(2)} %`,
        `${failed} / ${lost}`,
        ...memory,
      ]);
      if (isOurs(forwarder.name) && failed + lost > 0)
        bench.fault(`flood, ${forwarder.name}: ${JSON.stringify(result)}`);
    } finally {
      await contestant.running.stop();
    }
  }
  const head = [
    "forwarder",
    "hits of the steady names",
    "failed / lost",
    "RSS MiB before",
    "half-way",
    "after",
  ];
  bench.print(markdown(row.title, head, lines));
}

export const flood: Section = { rows: [row], run };
