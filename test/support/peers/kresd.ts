import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createIdentity } from "./certificates.ts";
import { type Peer, startedPeer } from "./peer.ts";
import type { Zone } from "./zone.ts";

/** Knot Resolver: a cache in front of `authority`, a plain port on 127.0.0.1; it does not validate. */
export function startKresd(zones: readonly Zone[], authority: number): Promise<Peer> {
  return startedPeer("kresd", zones[0]!.origin, ({ folder, plain, tls }) => {
    const { ca, cert, key, name } = createIdentity(folder, "kresd.test");
    const file = join(folder, "kresd.conf");
    writeFileSync(
      file,
      `net.listen("127.0.0.1", ${plain}, { kind = "dns" })
net.listen("127.0.0.1", ${tls}, { kind = "tls" })
net.tls("${cert}", "${key}")
trust_anchors.remove(".")
modules.unload("ta_update")
modules.unload("priming")
modules.unload("detect_time_jump")
policy.add(policy.all(policy.STUB("127.0.0.1@${authority}")))
cache.size = 16 * MB
reorder_RR(false)
`,
    );
    return { args: ["-n", "-c", file, folder], ca, name };
  });
}
