import type { UpstreamSpec } from "../../config/config.ts";
import type { Designation } from "../../upstream/ddr-answer.ts";
import { DdrBook } from "../../upstream/ddr-book.ts";
import type { Target } from "../../upstream/dial.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import type { Failure } from "../../upstream/failure.ts";
import type { Targets } from "./targets.ts";

/** One place where the encrypted face of a plain resolver is said to be, and who must be found there. */
export interface Face {
  readonly designation: Designation;
  readonly target: Target;
  /** How it is asked over HTTPS; null: over TLS alone. */
  readonly https: DohOptions | null;
}

/**
 * Asks a plain resolver (`ddr://`) for its encrypted faces, as the server does it (RFC 9462). Gives every address of each,
 * best first, or why there is none; never rejects for what the resolver says.
 */
export async function facesOf(spec: UpstreamSpec, targets: Targets): Promise<readonly Face[] | Failure> {
  const book = new DdrBook({ address: spec.addresses[0]!, port: spec.port }, spec.tls.verify);
  await book.ready();
  const { designations, reason } = book;
  book.stop();
  if (designations.length === 0) return reason;
  return designations.flatMap((designation) =>
    designation.addresses.map((address) => ({
      designation,
      target: targets.designated(spec, book.target(designation, address)),
      https: designation.protocol === "https" ? { path: designation.path, method: spec.method } : null,
    })),
  );
}
