import { execFileSync } from "node:child_process";
import { cpus, loadavg, release } from "node:os";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../test/support/peers/process.ts";
import type { Bench, Section } from "./bench.ts";
import { choose, programs } from "./choice.ts";
import { folderFor, versions } from "./contestants.ts";
import { revision } from "./forwarders/dotls.ts";
import { type Forwarder, versionOf } from "./forwarders/forwarder.ts";
import { loadCore, serverCore, upstreamCore } from "./place.ts";
import { correctness } from "./rows/correctness.ts";
import { flood } from "./rows/flood.ts";
import { forwarding } from "./rows/forwarding.ts";
import { cacheHits, mixed, tcpHits, workers } from "./rows/hits.ts";
import { million } from "./rows/million.ts";
import { saved } from "./rows/saved.ts";
import { startUp } from "./rows/start-up.ts";
import { watching } from "./rows/watched.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const sections: readonly Section[] = [
  cacheHits,
  tcpHits,
  mixed,
  forwarding,
  workers,
  startUp,
  watching,
  million,
  saved,
  flood,
  correctness,
];

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    /** Names of rows and forwarders, separated by commas. */
    only: { type: "string" },
    /** NAME=PATH/dist/cli/main.js: another build of dotls beside this one. */
    revision: { type: "string", multiple: true, default: [] },
    /** Everything once, as short and small as it gets, to see that it works; the numbers mean nothing. */
    smoke: { type: "boolean", default: false },
  },
});

/** Seconds of a brief answer: long enough to fill a cache with a million of them, and to ask again. */
const briefTtl = values.smoke ? 4 : 120;

const choice = choose(values.only, sections);
const revisions = values.revision.map(revision);
const rounds = values.smoke ? 1 : Number(values.rounds);
const seconds = values.smoke ? 0.25 : Number(values.seconds);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function describeMachine(): void {
  const load = loadavg().map((value) => value.toFixed(2));
  const generator = versionOf({ version: { command: "dnsperf", args: ["-h"] } });
  const all: Forwarder[] = [...programs, ...revisions].filter(choice.wants);
  const found = all.map((one) => `${one.name} ${versions(one) ?? "(not installed)"}`);
  const machine = `${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}`;
  print(`- machine: ${machine}, load before: ${load.join(" ")}`);
  print(`- Node.js ${process.version}, ${found.join(", ")}`);
  print(
    `- upstream: dnsdist, core ${upstreamCore}; dnsperf ${generator}, core ${loadCore}; forwarder, core ${serverCore}`,
  );
  print(`- command: npm run bench -- ${process.argv.slice(2).join(" ")}`);
  print(`- ${rounds} rounds of ${seconds} s, in turn; medians`);
  print("");
}

const folder = temporaryFolder();
let upstream: Upstream | undefined;
try {
  execFileSync("taskset", ["-cp", String(loadCore), String(process.pid)], { stdio: "ignore" });
  upstream = await startUpstream(folder.path, briefTtl);
  let folders = 0;
  const bench: Bench = {
    upstream,
    briefTtl,
    folder: folder.path,
    rounds,
    seconds,
    smoke: values.smoke,
    revisions,
    wants: choice.wants,
    newFolder: (name) => folderFor(folder.path, folders++, name),
    print,
    fault(text) {
      process.stderr.write(`wrong: ${text}\n`);
      process.exitCode = 1;
    },
  };
  describeMachine();
  for (const section of sections) {
    const rows = section.rows.filter(choice.wantsRow);
    if (rows.length > 0) await section.run(bench, rows);
  }
} finally {
  await upstream?.stop();
  folder.remove();
}
