import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createIdentity } from "./certificates.ts";
import { type Peer, startedPeer } from "./peer.ts";
import type { Zone } from "./zone.ts";

/** Unbound: a validating resolver that finds the zones at `authority`, a plain port on 127.0.0.1. `more`: lines of its server clause. */
export function startUnbound(
  zones: readonly Zone[],
  authority: number,
  more: readonly string[] = [],
): Promise<Peer> {
  return startedPeer("unbound", zones[0]!.origin, ({ folder, plain, tls }) => {
    const { ca, cert, key, name } = createIdentity(folder, "unbound.test");
    const file = join(folder, "unbound.conf");
    const anchors = zones.flatMap(({ anchor }) => (anchor === undefined ? [] : [anchor]));
    writeFileSync(
      file,
      `server:
  interface: 127.0.0.1@${plain}
  interface: 127.0.0.1@${tls}
  tls-port: ${tls}
  tls-service-key: "${key}"
  tls-service-pem: "${cert}"
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  do-not-query-localhost: no
  rrset-roundrobin: no
  incoming-num-tcp: 200
  module-config: "validator iterator"
${more.map((line) => `  ${line}\n`).join("")}${anchors.map((anchor) => `  trust-anchor-file: "${anchor}"\n`).join("")}
remote-control:
  control-enable: no
${zones.map(({ origin }) => `stub-zone:\n  name: ${origin}\n  stub-addr: 127.0.0.1@${authority}\n`).join("")}`,
    );
    return { args: ["-d", "-p", "-c", file], ca, name };
  });
}
