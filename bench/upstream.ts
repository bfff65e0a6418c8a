import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { untilAnswered } from "../test/support/peers/ask.ts";
import { createIdentity, type Identity } from "../test/support/peers/certificates.ts";
import { freePorts } from "../test/support/peers/process.ts";
import { launchOn, upstreamCore } from "./place.ts";

/** The DoT server that all forwarders ask. */
export interface Upstream extends Identity {
  readonly port: number;
  stop(): Promise<void>;
}

/** Below this one, as below all that are not named here, answers have TTL 0, which keeps them out of every cache. */
export const zone = "bench.example";
/** Below this one, answers are kept for an hour. */
export const keptZone = "kept.example";
/** Below this one, answers are over after `briefTtl` seconds. */
export const briefZone = "brief.example";
/** Below this one, answers to TXT have 1,049 bytes and are kept for an hour. */
export const largeZone = "large.example";

export const keptTtl = 3600;

/**
 * Starts dnsdist with rules that answer everything from memory: of the real servers it needs the least CPU for
 * a DoT query, and it sends each answer in a TLS record of its own, as public resolvers do.
 */
export async function startUpstream(folder: string, briefTtl: number): Promise<Upstream> {
  const identity = createIdentity(folder, "upstream.test");
  const [port, plain] = (await freePorts(2)) as [number, number];
  const file = join(folder, "upstream.conf");
  writeFileSync(
    file,
    `addTLSLocal("127.0.0.1:${port}", "${identity.cert}", "${identity.key}", {maxInFlight=1000})
setLocal("127.0.0.1:${plain}")
setSecurityPollSuffix("")
addAction("${keptZone}.", SpoofAction("192.0.2.1", {ttl=${keptTtl}}))
addAction("${briefZone}.", SpoofAction("192.0.2.1", {ttl=${briefTtl}}))
addAction("${largeZone}.", SpoofRawAction(string.rep("\\250" .. string.rep("x", 250), 4), {ttl=${keptTtl}}))
addAction(AllRule(), SpoofAction("192.0.2.1", {ttl=0}))
`,
  );
  const running = launchOn(upstreamCore, "dnsdist", ["--supervised", "--disable-syslog", "-C", file], folder);
  await untilAnswered(running, [{ over: "tls", port, ca: identity.ca }], zone, "A");
  return { ...identity, port, stop: () => running.stop() };
}
