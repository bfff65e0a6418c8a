import { cpus } from "node:os";
import { launch, type Running } from "../test/support/peers/process.ts";

/** The number of the core for the forwarder that is measured: it shares it with nothing else of ours. */
export const serverCore = 0;
/** The core of dnsperf and of this program. */
export const loadCore = 1;
/** The core of the DoT server behind all forwarders: one of its own where there are three. */
export const upstreamCore: number = cpus().length > 2 ? 2 : 1;

/** Starts a program bound to a core, or to several (`0,1`); taskset becomes the program, so the process id is the program's own. */
export function launchOn(
  core: number | string,
  command: string,
  args: readonly string[],
  cwd: string,
): Running {
  return launch("taskset", ["-c", String(core), command, ...args], cwd);
}
