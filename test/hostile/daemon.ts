import { type Daemon as AnyDaemon, startDaemon as startAny } from "../support/daemon.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream, StartOptions } from "../support/scripted-upstream.ts";

/** A daemon that is attacked, and the server behind it. */
export interface Daemon extends AnyDaemon {
  readonly upstream: ScriptedUpstream;
}

/** Starts it with a heap of 64 MiB, and with so many files at the most; everything ends with the test. */
export async function startDaemon(upstreamOptions: StartOptions = {}, files: number = 4096): Promise<Daemon> {
  const upstream = await start(upstreamOptions);
  const node = ["--max-old-space-size=64"];
  const daemon = await startAny([upstream], { node, files, options: ["--set", "timeout=2s"] });
  return { ...daemon, upstream };
}
