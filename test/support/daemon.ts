import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { launch, type Running, temporaryFolder } from "./peers/process.ts";
import type { ScriptedUpstream } from "./scripted-upstream.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** `dotls serve` in a process of its own, so that its death, its memory and its clock are its own. */
export interface Daemon {
  readonly pid: number;
  /** Of UDP on 127.0.0.1, and of TCP where it listens there. */
  readonly port: number;
  /** Its UDP door. */
  readonly url: string;
  /** Rejects with the daemon's output when it dies. */
  readonly died: Running["died"];
  log(): string;
  /** Resident memory in MiB. */
  memory(): number;
  /** How many file descriptors it holds. */
  descriptors(): number;
}

export interface DaemonOptions {
  /** Options of `dotls serve` behind those for its doors, its control socket and its upstreams. */
  readonly options?: readonly string[];
  /** Options of Node.js. */
  readonly node?: readonly string[];
  /** How many files it may have open. */
  readonly files?: number;
  /** Variables beside our own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it in front of these upstreams, in their order; it ends with the test. */
export async function startDaemon(
  upstreams: readonly ScriptedUpstream[],
  { options = [], node = [], files = 4096, env = {} }: DaemonOptions = {},
): Promise<Daemon> {
  const folder = temporaryFolder();
  const listen = ["--listen", "udp://127.0.0.1:0", "--listen", "tcp://127.0.0.1:0"];
  const specs = upstreams.flatMap(({ port, name }) => ["--upstream", `tls://127.0.0.1:${port}#${name}`]);
  // Tests ask for names under test.
  const own = [`control.socket=${join(folder.path, "control.sock")}`, "localNames.test=false"];
  const settings = own.flatMap((setting) => ["--set", setting]);
  const trust = ["--tls-ca", upstreams[0]!.caFile()];
  const serve = [...node, main, "serve", ...listen, ...specs, ...trust, ...settings, ...options];
  // Node raises its own soft limit to the hard one, so that one must be lowered.
  const limited = ["-c", `ulimit -n ${files} && exec "$@"`, "sh", process.execPath, ...serve];
  const running = launch("sh", limited, folder.path, env);
  onTestFinished(async () => {
    await running.stop();
    folder.remove();
  });
  // A busy machine may need seconds to load it.
  for (const end = performance.now() + 15_000; !running.log().includes("dotls ready");) {
    if (performance.now() > end) throw new Error(`not ready: ${running.log()}`);
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), running.died]);
  }
  const [url, port] = /udp:\/\/127\.0\.0\.1:(\d+)/.exec(running.log())!;
  return {
    pid: running.pid,
    port: Number(port),
    url,
    died: running.died,
    log: () => running.log(),
    memory: () => {
      const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
    },
    descriptors: () => readdirSync(`/proc/${running.pid}/fd`).length,
  };
}
