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

/**
 * Starts dnsdist with one rule that answers everything from memory: of the real servers it needs the least CPU for
 * a DoT query, and it sends each answer in a TLS record of its own, as public resolvers do. TTL 0 keeps the answers
 * out of every cache.
 */
export async function startUpstream(folder: string): Promise<Upstream> {
  const identity = createIdentity(folder, "upstream.test");
  const [port, plain] = (await freePorts(2)) as [number, number];
  const file = join(folder, "upstream.conf");
  writeFileSync(
    file,
    `addTLSLocal("127.0.0.1:${port}", "${identity.cert}", "${identity.key}", {maxInFlight=1000})
setLocal("127.0.0.1:${plain}")
setSecurityPollSuffix("")
addAction(AllRule(), SpoofAction("192.0.2.1", {ttl=0}))
`,
  );
  const running = launchOn(upstreamCore, "dnsdist", ["--supervised", "--disable-syslog", "-C", file], folder);
  await untilAnswered(running, [{ over: "tls", port, ca: identity.ca }], zone, "A");
  return { ...identity, port, stop: () => running.stop() };
}

/** All questions are for names below this one. */
export const zone = "bench.example";
