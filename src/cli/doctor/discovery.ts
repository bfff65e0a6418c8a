import type { UpstreamSpec } from "../../config/config.ts";
import { formatHostPort } from "../../config/ip-address.ts";
import type { Failure } from "../../upstream/failure.ts";
import { milliseconds } from "../query/footer.ts";
import type { Face } from "../reach/designated.ts";
import { type Finding, finding, rounded } from "./finding.ts";
import type { Examined } from "./server.ts";

/** A plain resolver that names nobody, or could not be asked. `ms` is how long that took. */
export function undiscovered({ addresses, port }: UpstreamSpec, failure: Failure, ms: number): Finding {
  const place = formatHostPort(addresses[0]!, port);
  return finding("discovery", "fail", failure.text, {
    facts: { resolver: place, ms: rounded(ms), faces: [], kind: failure.kind },
    advice:
      "Without a word of the resolver dotls cannot use this upstream. If you know a server that is encrypted, write that: tls://ADDRESS#NAME.",
  });
}

/**
 * What a plain resolver says of its encrypted faces, and whether they are meant: the certificate must carry the address of
 * the plain resolver (RFC 9462 section 4.2), for its answer was in the clear and could come from anybody.
 */
export function discoveryFinding(
  spec: UpstreamSpec,
  faces: readonly Face[],
  examined: readonly Examined[],
  ms: number,
): Finding {
  const resolver = spec.addresses[0]!.replace(/%.*$/, "");
  const proved = examined.filter(({ proof }) => proof === "certificate" || proof === "pin").length;
  const used = examined.filter(({ failure }) => failure === null).length;
  const facts = {
    resolver: formatHostPort(spec.addresses[0]!, spec.port),
    ms: rounded(ms),
    faces: faces.map(({ designation, target }, at) => ({
      protocol: designation.protocol,
      name: designation.target,
      address: target.address,
      port: target.port,
      path: designation.path,
      proof: examined[at]!.proof,
    })),
  };
  const details = faces.map((face, at) => `${written(face)}: ${standing(examined[at]!, resolver)}`);
  const named = `${milliseconds(ms)}, ${resolver} names ${faces.length === 1 ? "one encrypted face" : `${faces.length} encrypted faces`}`;
  if (used === 0) {
    return finding("discovery", "fail", `${named}, of which none can be used`, {
      facts,
      details,
      advice: `What a resolver says in the clear counts only when the certificate carries its address, ${resolver} (RFC 9462 section 4.2). If you know the server, write it by name: tls://ADDRESS#NAME.`,
    });
  }
  if (proved === 0) {
    return finding("discovery", "warn", `${named}, which nobody has proved to be meant`, {
      facts,
      details,
      advice: "Whoever can answer in place of the resolver can lead the queries to a server of their own.",
    });
  }
  return finding("discovery", "ok", named, { facts, details });
}

function written({ designation, target }: Face): string {
  const { protocol, target: name, path } = designation;
  return `${protocol}://${name}${path} at ${formatHostPort(target.address, target.port)}`;
}

function standing({ proof, failure }: Examined, resolver: string): string {
  if (failure !== null) return failure.text;
  if (proof === "certificate") return `verified, its certificate carries ${resolver}`;
  return proof === "pin" ? "verified by a pin" : "not verified";
}
