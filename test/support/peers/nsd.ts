import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { untilAnswered } from "./ask.ts";
import { createIdentity } from "./certificates.ts";
import { type Peer, startedPeer } from "./peer.ts";
import type { Zone } from "./zone.ts";

/** NSD: authoritative for the zones, DNS over TLS by `tls-port`. */
export function startNsd(zones: readonly Zone[]): Promise<Peer> {
  return startedPeer("nsd", async ({ folder, plain, tls, launch }) => {
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
    const running = launch("nsd", ["-d", "-c", file]);
    await untilAnswered(
      running,
      [
        { over: "udp", address: "127.0.0.1", port: plain },
        { over: "tls", port: tls, ca },
      ],
      zones[0]!.origin,
    );
    return { running, ca, name };
  });
}
