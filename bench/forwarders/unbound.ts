import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Forwarder } from "./forwarder.ts";

export const unbound: Forwarder = {
  name: "unbound",
  version: { command: "unbound", args: ["-V"] },
  configure({ folder, port, upstream, cache }) {
    const file = join(folder, "unbound.conf");
    const bytes = cache?.bytes ?? 0;
    // Its manual says: twice as much for RRsets as for messages.
    writeFileSync(
      file,
      `server:
  interface: 127.0.0.1@${port}
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  num-queries-per-thread: 4096
  incoming-num-tcp: 100
  msg-cache-size: ${Math.floor(bytes / 3)}
  rrset-cache-size: ${Math.floor((bytes / 3) * 2)}
  tls-cert-bundle: "${upstream.ca}"
remote-control:
  control-enable: no
forward-zone:
  name: .
  forward-tls-upstream: yes
  forward-addr: 127.0.0.1@${upstream.port}#${upstream.name}
`,
    );
    return { command: "unbound", args: ["-d", "-p", "-c", file] };
  },
};
