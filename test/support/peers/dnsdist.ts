import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createIdentity } from "./certificates.ts";
import { type Peer, startedPeer } from "./peer.ts";
import type { Zone } from "./zone.ts";

/** dnsdist: a load balancer in front of `authority`, a plain port on 127.0.0.1; it hands answers on as they are. */
export function startDnsdist(zones: readonly Zone[], authority: number): Promise<Peer> {
  return startedPeer("dnsdist", zones[0]!.origin, ({ folder, plain, tls }) => {
    const { ca, cert, key, name } = createIdentity(folder, "dnsdist.test");
    const file = join(folder, "dnsdist.conf");
    writeFileSync(
      file,
      `setLocal("127.0.0.1:${plain}")
addTLSLocal("127.0.0.1:${tls}", "${cert}", "${key}", {maxInFlight=100})
setACL("127.0.0.0/8")
setSecurityPollSuffix("")
newServer({address="127.0.0.1:${authority}", healthCheckMode="up"})
`,
    );
    return { args: ["--supervised", "--disable-syslog", "-C", file], ca, name };
  });
}
