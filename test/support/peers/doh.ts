import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createIdentity, type Identity } from "./certificates.ts";
import { type Peer, startedPeer } from "./peer.ts";
import type { Zone } from "./zone.ts";

/** What a program needs to be told; `https` is the port for DNS over HTTPS, `authority` a plain port on 127.0.0.1. */
interface Setting {
  readonly folder: string;
  readonly plain: number;
  readonly https: number;
  readonly authority: number;
  readonly identity: Identity;
  readonly zones: readonly Zone[];
}

interface DohProgram {
  readonly program: string;
  readonly configuration: (setting: Setting) => string;
  readonly args: (file: string, folder: string) => readonly string[];
}

const programs: readonly DohProgram[] = [
  {
    program: "unbound",
    configuration: ({ folder, plain, https, authority, identity, zones }) => `server:
  interface: 127.0.0.1@${plain}
  interface: 127.0.0.1@${https}
  https-port: ${https}
  http-endpoint: "/dns-query"
  tls-service-key: "${identity.key}"
  tls-service-pem: "${identity.cert}"
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  do-not-query-localhost: no
  rrset-roundrobin: no
  module-config: "iterator"
remote-control:
  control-enable: no
${zones.map(({ origin }) => `stub-zone:\n  name: ${origin}\n  stub-addr: 127.0.0.1@${authority}\n`).join("")}`,
    args: (file) => ["-d", "-p", "-c", file],
  },
  {
    program: "dnsdist",
    configuration: ({ plain, https, authority, identity }) => `setLocal("127.0.0.1:${plain}")
addDOHLocal("127.0.0.1:${https}", "${identity.cert}", "${identity.key}", "/dns-query")
setACL("127.0.0.0/8")
setSecurityPollSuffix("")
newServer({address="127.0.0.1:${authority}", healthCheckMode="up"})
`,
    args: (file) => ["--supervised", "--disable-syslog", "-C", file],
  },
  {
    program: "kresd",
    configuration: ({
      plain,
      https,
      authority,
      identity,
    }) => `net.listen("127.0.0.1", ${plain}, { kind = "dns" })
net.listen("127.0.0.1", ${https}, { kind = "doh2" })
net.tls("${identity.cert}", "${identity.key}")
trust_anchors.remove(".")
modules.unload("ta_update")
modules.unload("priming")
modules.unload("detect_time_jump")
policy.add(policy.all(policy.STUB("127.0.0.1@${authority}")))
cache.size = 16 * MB
reorder_RR(false)
`,
    args: (file, folder) => ["-n", "-c", file, folder],
  },
];

/** The real servers that speak DNS over HTTPS at `/dns-query`, by the name of their program. The port is `Peer.tls`. */
export const dohPeers: readonly {
  readonly program: string;
  readonly start: (zones: readonly Zone[], authority: Peer) => Promise<Peer>;
}[] = programs.map(({ program, configuration, args }) => ({
  program,
  start: (zones, authority) =>
    startedPeer(program, zones[0]!.origin, ({ folder, plain, tls }) => {
      const identity = createIdentity(folder, `${program}.test`);
      const file = join(folder, `${program}.conf`);
      const setting = { folder, plain, https: tls, authority: authority.plain, identity, zones };
      writeFileSync(file, configuration(setting));
      return { args: args(file, folder), ca: identity.ca, name: identity.name, dot: false };
    }),
}));
