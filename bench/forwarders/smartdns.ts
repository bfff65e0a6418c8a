import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Forwarder } from "./forwarder.ts";

/** Only measured where nobody keeps answers. */
export const smartdns: Forwarder = {
  name: "smartdns",
  version: { command: "smartdns", args: ["-v"] },
  configure({ folder, port, upstream }) {
    const file = join(folder, "smartdns.conf");
    const check = `-host-name ${upstream.name} -tls-host-verify ${upstream.name}`;
    writeFileSync(
      file,
      `bind 127.0.0.1:${port}
cache-size 0
prefetch-domain no
serve-expired no
speed-check-mode none
dualstack-ip-selection no
response-mode fastest-response
log-level error
log-size 0
ca-file ${upstream.ca}
server-tls 127.0.0.1:${upstream.port} ${check}
`,
    );
    return { command: "smartdns", args: ["-f", "-c", file, "-p", join(folder, "smartdns.pid")] };
  },
};
