import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Forwarder } from "./forwarder.ts";

export const dnsdist: Forwarder = {
  name: "dnsdist",
  version: { command: "dnsdist", args: ["--version"] },
  configure({ folder, port, upstream, cache }) {
    const file = join(folder, "dnsdist.conf");
    const check = `tls="openssl", subjectName="${upstream.name}", caStore="${upstream.ca}", validateCertificates=true`;
    const packetCache = `getPool(""):setCache(newPacketCache(${cache?.answers}, {maxTTL=86400}))\n`;
    writeFileSync(
      file,
      `setLocal("127.0.0.1:${port}")
setSecurityPollSuffix("")
newServer({address="127.0.0.1:${upstream.port}", ${check}, healthCheckMode="up", maxInFlight=1000})
${cache === null ? "" : packetCache}`,
    );
    return { command: "dnsdist", args: ["--supervised", "--disable-syslog", "-C", file] };
  },
};
