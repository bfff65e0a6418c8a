import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { untilAnswered } from "../test/support/peers/ask.ts";
import { freePorts, type Running, temporaryFolder } from "../test/support/peers/process.ts";
import { cpuTime, residentMemory } from "./account.ts";
import { type Forwarder, forwarders, revision, versionOf } from "./forwarders.ts";
import { dnsperf, type LoadResult, writeNames } from "./load.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { launchOn, loadCore, serverCore, upstreamCore } from "./place.ts";
import { type Measurement, table } from "./report.ts";
import { startUpstream, type Upstream, zone } from "./upstream.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    /** Names of forwarders, separated by commas. */
    only: { type: "string" },
    /** NAME=PATH/dist/cli/main.js: another build of dotls as a further row. */
    revision: { type: "string", multiple: true, default: [] },
    /** One round of a second, to see that everything works; the numbers mean nothing. */
    smoke: { type: "boolean", default: false },
  },
});
const rounds = values.smoke ? 1 : Number(values.rounds);
const seconds = values.smoke ? 1 : Number(values.seconds);
const wanted = values.only?.toLowerCase().split(",");
const chosen = [
  ...forwarders.filter(({ name }) => wanted === undefined || wanted.includes(name.toLowerCase())),
  ...values.revision.map(revision),
];

interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly running: Running;
  readonly port: number;
}

async function start(
  forwarder: Forwarder,
  version: string,
  folder: string,
  upstream: Upstream,
): Promise<Contestant> {
  const [port] = (await freePorts(1)) as [number];
  const { command, args } = forwarder.configure({ folder, port, upstream });
  const running = launchOn(serverCore, command, args, folder);
  await untilAnswered(running, [{ over: "udp", address: "127.0.0.1", port }], zone, "A");
  return { name: forwarder.name, version, running, port };
}

/** A way to ask. */
interface Row {
  readonly title: string;
  readonly load: (port: number, names: string) => Promise<LoadResult>;
}

const rows: readonly Row[] = [
  {
    title: "distinct names at saturation, 100 in flight",
    load: (port, names) => dnsperf(port, names, ["-q", "100"], seconds),
  },
  {
    title: "distinct names, 1,000 a second",
    load: (port, names) => dnsperf(port, names, ["-Q", "1000"], seconds),
  },
  { title: "distinct names, one query at a time", load: (port) => oneAtATime(port, seconds) },
];

async function measure({ running, port }: Contestant, names: string, row: Row): Promise<Measurement> {
  const before = cpuTime(running.pid);
  const { answered, ...result } = await row.load(port, names);
  const cpu = (cpuTime(running.pid) - before) / answered;
  return { ...result, cpu, memory: residentMemory(running.pid) };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function describeMachine(contestants: readonly Contestant[]): void {
  const load = loadavg().map((value) => value.toFixed(2));
  const generator = versionOf({ version: { command: "dnsperf", args: ["-h"] } });
  print(
    `- machine: ${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, load before: ${load.join(" ")}`,
  );
  print(
    `- Node.js ${process.version}, ${contestants.map(({ name, version }) => `${name} ${version}`).join(", ")}`,
  );
  print(
    `- upstream: dnsdist, core ${upstreamCore}; dnsperf ${generator}, core ${loadCore}; forwarder, core ${serverCore}`,
  );
  print(`- ${rounds} rounds of ${seconds} s, in turn; medians`);
  print("");
}

const folder = temporaryFolder();
const contestants: Contestant[] = [];
let upstream: Upstream | undefined;
try {
  execFileSync("taskset", ["-cp", String(loadCore), String(process.pid)], { stdio: "ignore" });
  upstream = await startUpstream(folder.path);
  const names = writeNames(folder.path, Math.max(100_000, seconds * 150_000));
  for (const forwarder of chosen) {
    const version = versionOf(forwarder);
    if (version === undefined) {
      print(`${forwarder.name} is not installed`);
      continue;
    }
    const home = join(folder.path, forwarder.name.replaceAll(" ", "-"));
    mkdirSync(home);
    contestants.push(await start(forwarder, version, home, upstream));
  }
  describeMachine(contestants);
  // Connections up, code compiled, memory grown: before anything is counted.
  for (const { port } of contestants) await dnsperf(port, names, ["-q", "100"], 1);
  for (const row of rows) {
    const results = new Map(contestants.map(({ name }) => [name, [] as Measurement[]]));
    for (let round = 0; round < rounds; round++) {
      for (const contestant of contestants) {
        results.get(contestant.name)!.push(await measure(contestant, names, row));
      }
    }
    print(table(row.title, results));
    const ours = results.get("dotls") ?? [];
    if (ours.some(({ failed, lost, perSecond }) => failed + lost > 0 || !(perSecond > 0)))
      process.exitCode = 1;
  }
} finally {
  await Promise.all(contestants.map(({ running }) => running.stop()));
  await upstream?.stop();
  folder.remove();
}
