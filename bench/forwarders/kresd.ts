import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Forwarder } from "./forwarder.ts";

export const kresd: Forwarder = {
  name: "Knot Resolver",
  version: { command: "kresd", args: ["--version"] },
  configure({ folder, port, upstream, cache }) {
    const file = join(folder, "kresd.conf");
    const work = join(folder, "kresd");
    mkdirSync(work);
    const target = `"127.0.0.1@${upstream.port}", hostname="${upstream.name}", ca_file="${upstream.ca}"`;
    // Its cache cannot be off; TTL 0 keeps answers out of it.
    writeFileSync(
      file,
      `net.listen("127.0.0.1", ${port}, { kind = "dns" })
trust_anchors.remove(".")
modules.unload("ta_update")
modules.unload("priming")
modules.unload("detect_time_jump")
policy.add(policy.all(policy.TLS_FORWARD({{${target}}})))
cache.size = ${cache?.bytes ?? 16 * 2 ** 20}
cache.min_ttl(0)
`,
    );
    return { command: "kresd", args: ["-n", "-c", file, work] };
  },
};
