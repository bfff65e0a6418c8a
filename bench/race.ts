import { cpuTime, residentMemory } from "./account.ts";
import type { Bench, Row, Section } from "./bench.ts";
import { type Contestant, present, type Setup, start } from "./contestants.ts";
import { dotls } from "./forwarders/dotls.ts";
import { type Forwarder, isOurs } from "./forwarders/forwarder.ts";
import type { LoadResult } from "./load.ts";
import { type Measurement, table } from "./report.ts";

/** One load under which forwarders are compared. */
export interface Race extends Row {
  /** Writes what the round needs, the same for all contestants, and gives the way to put the load on one. */
  prepare(bench: Bench, round: number): (port: number) => Promise<LoadResult>;
}

/** Forwarders that are compared under several loads without being started anew. */
export interface Field {
  /** The first is the one that the others are compared with. */
  readonly entrants: readonly Forwarder[];
  readonly setup: Setup;
  /** Brings up connections, fills the cache and lets code be compiled, before anything is counted. */
  warm(bench: Bench, port: number): Promise<void>;
  readonly races: readonly Race[];
}

/** The races of a field as rows: rounds go through all contestants before the next begins. */
export function section(field: Field): Section {
  return { rows: field.races, run: (bench, rows) => runField(bench, field, rows) };
}

async function runField(bench: Bench, field: Field, rows: readonly Row[]): Promise<void> {
  const entrants = field.entrants.flatMap((one) => (one === dotls ? [one, ...bench.revisions] : [one]));
  const contestants: Contestant[] = [];
  try {
    for (const forwarder of present(bench, entrants))
      contestants.push(await start(bench, forwarder, field.setup));
    for (const { port } of contestants) await field.warm(bench, port);
    for (const race of field.races.filter((race) => rows.includes(race)))
      bench.print(table(race.title, field.entrants[0]!.name, await runRace(bench, race, contestants)));
  } finally {
    await Promise.all(contestants.map(({ running }) => running.stop()));
  }
}

async function runRace(
  bench: Bench,
  race: Race,
  contestants: readonly Contestant[],
): Promise<ReadonlyMap<string, readonly Measurement[]>> {
  const results = new Map(contestants.map(({ name }) => [name, [] as Measurement[]]));
  for (let round = 0; round < bench.rounds; round++) {
    const load = race.prepare(bench, round);
    for (const contestant of contestants) {
      const result = await measure(contestant, load);
      results.get(contestant.name)!.push(result);
      if (isOurs(contestant.name) && (result.failed + result.lost > 0 || !(result.perSecond > 0)))
        bench.fault(`${race.name}, ${contestant.name}: ${result.failed} failed, ${result.lost} lost`);
    }
  }
  return results;
}

/** Puts a load on one that runs, and says what it cost. */
export async function measure(
  { running, port }: Contestant,
  load: (port: number) => Promise<LoadResult>,
): Promise<Measurement> {
  const before = cpuTime(running.pid);
  const { answered, ...result } = await load(port);
  const cpu = (cpuTime(running.pid) - before) / answered;
  return { ...result, cpu, memory: residentMemory(running.pid) };
}
