import type { ConnectionOptions } from "node:tls";
import { onTestFinished } from "vitest";
import { DotClient } from "../dot-client.ts";
import type { StartOptions } from "../scripted-upstream.ts";
import { ScriptedUpstream } from "../scripted-upstream.ts";

/** Starts an upstream that is closed when the test ends. */
export async function start(options: StartOptions = {}): Promise<ScriptedUpstream> {
  const upstream = await ScriptedUpstream.start(options);
  onTestFinished(() => upstream.close());
  return upstream;
}

/** Connects a client that trusts the upstream and is closed when the test ends. */
export async function connect(
  upstream: ScriptedUpstream,
  options: ConnectionOptions = {},
): Promise<DotClient> {
  const client = await DotClient.connect({ port: upstream.port, ca: upstream.ca, ...options });
  onTestFinished(() => client.close());
  return client;
}

/**
 * Waits until `holds`; rejects after ten seconds. For what changes a moment after something else was done; the bound is no
 * promise but a sign that it will not, also where the machine is busy with other tests.
 */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`still not so: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
