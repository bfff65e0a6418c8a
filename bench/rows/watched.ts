import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { getStatus } from "../../src/control/client.ts";
import type { Bench, Row, Section } from "../bench.ts";
import { type Contestant, present, start } from "../contestants.ts";
import { dotlsWith } from "../forwarders/dotls.ts";
import { dnsperf } from "../load.ts";
import { measure } from "../race.ts";
import { digits, type Measurement, markdown, median } from "../report.ts";
import type { Sightings } from "../watchers.ts";
import { names, warm } from "./hits.ts";
import { usualRoom } from "./peers.ts";

const row: Row = {
  name: "watched",
  title: "what it costs to look: cache hits at saturation, 100 in flight",
};

/** Nothing is kept of a query: what the others are compared with. */
const base = dotlsWith("history.size=0", ["history.size=0"]);
/** As it comes: the history in memory, with everything in it, and nobody who looks. */
const alone = dotlsWith("nobody watching", []);
/** Relative to where it runs, which is a folder of its own. */
const written = dotlsWith("history.file", ["history.file=history.ndjson"]);
/** Ten readers of the live feed, and a scrape each second. */
const watched = dotlsWith("watched", []);

/** What came of a contestant, over all rounds. */
interface Result {
  readonly rounds: Measurement[];
  /** What those who watched have seen. */
  events: number;
  scrapes: number;
}

/** Puts somebody in front of the server, on the core of the load, for the time of the work. */
async function whileWatched(server: Contestant, result: Result, work: () => Promise<void>): Promise<void> {
  const child = fork(new URL("../watchers.js", import.meta.url), [join(server.folder, "control.sock")]);
  const exit = once(child, "exit").then(([code]) => {
    throw new Error(`the watchers ended with ${code}`);
  });
  exit.catch(() => {});
  await Promise.race([once(child, "message"), exit]);
  await work();
  child.send("stop");
  const [{ events, scrapes }] = (await Promise.race([once(child, "message"), exit])) as [Sightings];
  result.events += events;
  result.scrapes += scrapes;
}

async function runRounds(
  bench: Bench,
  contestants: readonly Contestant[],
): Promise<ReadonlyMap<string, Result>> {
  const results = new Map<string, Result>();
  for (const { name } of contestants) results.set(name, { rounds: [], events: 0, scrapes: 0 });
  const list = names(bench);
  const load = (port: number) => dnsperf(port, list, ["-q", "100"], bench.seconds);
  for (let round = 0; round < bench.rounds; round++) {
    for (const contestant of contestants) {
      const result = results.get(contestant.name)!;
      const once = async (): Promise<void> => {
        const one = await measure(contestant, load);
        result.rounds.push(one);
        if (one.failed + one.lost > 0)
          bench.fault(`${row.name}, ${contestant.name}: ${one.failed} failed, ${one.lost} lost`);
      };
      if (contestant.name === watched.name) await whileWatched(contestant, result, once);
      else await once();
    }
  }
  return results;
}

/** What is in the file, and what of all queries is not, by the server's own account. */
async function fileCells({ folder }: Contestant): Promise<string[]> {
  const { history } = await getStatus(join(folder, "control.sock"));
  return history.file === null ? ["", ""] : [String(history.file.written), String(history.file.lost)];
}

async function run(bench: Bench): Promise<void> {
  const contestants: Contestant[] = [];
  try {
    for (const forwarder of present(bench, [base, alone, written, watched]))
      contestants.push(await start(bench, forwarder, { cache: usualRoom }));
    for (const { port } of contestants) await warm(bench, port);
    const results = await runRounds(bench, contestants);
    const reference = results.get(base.name)!.rounds;
    const lines = await Promise.all(
      contestants.map(async (contestant) => {
        const { name } = contestant;
        const { rounds, events, scrapes } = results.get(name)!;
        const middle = (key: keyof Measurement): number => median(rounds.map((one) => one[key]));
        const ratio = median(rounds.map(({ cpu }, round) => cpu / reference[round]!.cpu));
        return [
          name,
          digits(middle("cpu")),
          ratio.toFixed(3),
          ...[middle("perSecond"), middle("p50"), middle("p99")].map((value) => value.toFixed(0)),
          ...(await fileCells(contestant)),
          ...(name === watched.name ? [String(events), String(scrapes)] : ["", ""]),
        ];
      }),
    );
    const head = ["dotls", "CPU µs a query", "by the first", "queries a second", "p50 µs", "p99 µs"];
    const counts = ["lines written", "not written", "live events", "scrapes"];
    bench.print(markdown(row.title, [...head, ...counts], lines));
  } finally {
    await Promise.all(contestants.map(({ running }) => running.stop()));
  }
}

/** The cost of the history, of its file, and of those who look at the server while it works. */
export const watching: Section = { rows: [row], run };
