import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { launch, type Running, temporaryFolder } from "../support/peers/process.ts";
import { ScriptedUpstream, type StartOptions } from "../support/scripted-upstream.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** `dotls serve` in a process of its own, so that its death and its memory are its own. */
export interface Daemon {
  /** Of UDP and TCP on 127.0.0.1. */
  readonly port: number;
  readonly upstream: ScriptedUpstream;
  /** Rejects with the daemon's output when it dies. */
  readonly died: Running["died"];
  /** Resident memory in MiB. */
  memory(): number;
}

/** Starts it with a heap of 64 MiB, and with so many files at the most; everything ends with the test. */
export async function startDaemon(upstreamOptions: StartOptions = {}, files: number = 4096): Promise<Daemon> {
  const upstream = await ScriptedUpstream.start(upstreamOptions);
  onTestFinished(() => upstream.close());
  const folder = temporaryFolder();
  const listen = ["--listen", "udp://127.0.0.1:0", "--listen", "tcp://127.0.0.1:0"];
  const spec = `tls://127.0.0.1:${upstream.port}#${upstream.name}`;
  const settings = [
    "--set",
    `control.socket=${join(folder.path, "control.sock")}`,
    "--set",
    "timeout=2s",
    "--set",
    "localNames.test=false",
  ];
  const options = [...listen, "--upstream", spec, "--tls-ca", upstream.caFile(), ...settings];
  const node = [process.execPath, "--max-old-space-size=64", main, "serve", ...options];
  // Node raises its own soft limit to the hard one, so that one must be lowered.
  const running = launch("sh", ["-c", `ulimit -n ${files} && exec "$@"`, "sh", ...node], folder.path);
  onTestFinished(async () => {
    await running.stop();
    folder.remove();
  });
  // A busy machine may need seconds to load it.
  for (const end = performance.now() + 15_000; !running.log().includes("dotls ready");) {
    if (performance.now() > end) throw new Error(`not ready: ${running.log()}`);
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), running.died]);
  }
  return {
    port: Number(/udp:\/\/127\.0\.0\.1:(\d+)/.exec(running.log())![1]),
    upstream,
    died: running.died,
    memory: () => {
      const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
    },
  };
}
