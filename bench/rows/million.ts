import { setTimeout as pause } from "node:timers/promises";
import { join } from "node:path";
import { residentMemory } from "../account.ts";
import type { Bench, Row, Section } from "../bench.ts";
import { type Contestant, present, start } from "../contestants.ts";
import { dotlsWith } from "../forwarders/dotls.ts";
import { type CacheRoom, type Forwarder, isOurs } from "../forwarders/forwarder.ts";
import { askAll, dnsperf, type LoadResult } from "../load.ts";
import { nameAt, writeNames } from "../names.ts";
import { digits, markdown } from "../report.ts";
import { askAtRate } from "../stub.ts";
import { briefZone, keptZone, zone } from "../upstream.ts";
import { withCache } from "./peers.ts";

const row: Row = {
  name: "million",
  title:
    "1,000,000 distinct A answers: memory, and hits on 1,000 other names while they are there and while they expire",
};

/** Large enough for each that nobody has to throw one of them away; nobody fills it, and what is not filled is not taken. */
const roomy: CacheRoom = { bytes: 2 ** 30, answers: 1_500_000 };

/** As it comes, dotls keeps what is over for a day, in case its servers fail. Without that it has to clear it away, as the others do. */
const clearing = dotlsWith("serveStale=off", ["cache.serveStale=off"]);

/** New names a second beside the hits: what is over is cleared away by those that store. */
const MISSES = 500;

interface Result {
  /** Resident memory before and after, in bytes. */
  readonly before: number;
  readonly after: number;
  /** The share of the answers that was still there. */
  readonly kept: number;
  readonly filled: number;
  /** Hits with nothing else there, with all of them there, and while their time ends. */
  readonly alone: LoadResult;
  readonly beside: LoadResult;
  readonly expiring: LoadResult;
}

async function measure(bench: Bench, { running, port }: Contestant): Promise<Result> {
  const count = bench.smoke ? 2000 : 1_000_000;
  // Code is compiled and heaps are grown by answers that are not kept, so that what comes after is what keeping costs.
  const others = writeNames(join(bench.folder, "others"), zone, bench.smoke ? 500 : 200_000);
  await askAll(port, others);
  const popular = writeNames(join(bench.folder, "popular"), keptZone, bench.smoke ? 100 : 1000);
  await askAll(port, popular);
  let asked = 0;
  const hits = async (seconds: number): Promise<LoadResult> => {
    const end = asked + seconds * MISSES;
    const next = (): string | undefined => (asked < end ? nameAt(asked++, briefZone, "new") : undefined);
    const [result] = await Promise.all([
      dnsperf(port, popular, ["-Q", "5000"], seconds),
      askAtRate(port, MISSES, bench.briefTtl, next),
    ]);
    return result;
  };
  const alone = await hits(bench.seconds);
  const before = residentMemory(running.pid);
  const start = performance.now();
  await askAll(port, writeNames(join(bench.folder, "million"), briefZone, count));
  const filled = (performance.now() - start) / 1000;
  const after = residentMemory(running.pid);
  // A second and more has gone by for all of them: what is kept has counted down.
  await pause(1100);
  const kept = await keptShare(port, count, bench.briefTtl);
  const beside = await hits(bench.seconds);
  // What was stored first is over first; they go in the time in which they came.
  await pause(Math.max(0, bench.briefTtl * 1000 - (performance.now() - start)));
  const expiring = await hits(bench.smoke ? bench.seconds : Math.min(filled, 30));
  return { before, after, kept, filled, alone, beside, expiring };
}

/** The share of the names that is answered from memory, from a sample of at most 2,000 all over the list. */
async function keptShare(port: number, count: number, ttl: number): Promise<number> {
  const asked = Math.min(count, 2000);
  let index = 0;
  const next = (): string | undefined =>
    index < asked ? nameAt(Math.floor((index++ * count) / asked), briefZone) : undefined;
  const { kept } = await askAtRate(port, 5000, ttl, next);
  return kept / asked;
}

function phases({
  alone,
  beside,
  expiring,
}: Pick<Result, "alone" | "beside" | "expiring">): readonly LoadResult[] {
  return [alone, beside, expiring];
}

function line(name: string, count: number, { before, after, kept, filled, ...hits }: Result): string[] {
  const each = (after - before) / (count * kept);
  const times = phases(hits).flatMap(({ p50, p999 }) => [p50, p999]);
  const mib = (bytes: number): string => digits(bytes / 2 ** 20);
  return [
    name,
    each.toFixed(0),
    mib(before),
    mib(after),
    `${(kept * 100).toFixed(1)} %`,
    filled.toFixed(1),
    ...times.map((time) => time.toFixed(0)),
  ];
}

async function run(bench: Bench): Promise<void> {
  const count = bench.smoke ? 2000 : 1_000_000;
  const forwarders: Forwarder[] = [withCache[0]!, clearing, ...bench.revisions, ...withCache.slice(1)];
  const lines: string[][] = [];
  // One at a time: together they would fill the memory of a small machine.
  for (const forwarder of present(bench, forwarders)) {
    const contestant = await start(bench, forwarder, { cache: roomy });
    try {
      const result = await measure(bench, contestant);
      lines.push(line(forwarder.name, count, result));
      const faults = phases(result).filter((hits) => hits.failed + hits.lost > 0);
      if (isOurs(forwarder.name) && (faults.length > 0 || result.kept < (bench.smoke ? 0.01 : 0.99)))
        bench.fault(`million, ${forwarder.name}: ${JSON.stringify(result)}`);
    } finally {
      await contestant.running.stop();
    }
  }
  const head = ["forwarder", "bytes an answer", "RSS MiB before", "after", "still there", "seconds to fill"];
  const hits = ["alone", "beside them", "while they expire"].flatMap((when) => [
    `p50 µs ${when}`,
    `p99.9 µs ${when}`,
  ]);
  bench.print(markdown(row.title, [...head, ...hits], lines));
}

export const million: Section = { rows: [row], run };
