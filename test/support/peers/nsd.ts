import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createIdentity } from "./certificates.ts";
import { type Peer, startedPeer } from "./peer.ts";
import type { Zone } from "./zone.ts";

/** NSD: authoritative for the zones, DNS over TLS by `tls-port`. */
export function startNsd(zones: readonly Zone[]): Promise<Peer> {
  return startedPeer("nsd", zones[0]!.origin, ({ folder, plain, tls }) => {
    const { ca, cert, key, name } = createIdentity(folder, "nsd.test");
    const file = join(folder, "nsd.conf");
    writeFileSync(
      file,
      `server:
  ip-address: 127.0.0.1@${plain}
  ip-address: 127.0.0.1@${tls}
  tls-port: ${tls}
  tls-service-key: "${key}"
  tls-service-pem: "${cert}"
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${folder}"
  pidfile: ""
  database: ""
  xfrdfile: ""
  xfrdir: "${folder}"
  zonelistfile: "${join(folder, "zone.list")}"
  tcp-count: 200
  tcp-timeout: 60
remote-control:
  control-enable: no
${zones.map(({ origin, file }) => `zone:\n  name: ${origin}\n  zonefile: ${file}\n  provide-xfr: 127.0.0.1 NOKEY\n`).join("")}`,
    );
    return { args: ["-d", "-c", file], ca, name };
  });
}
