import { readCa } from "../../config/ca-file.ts";
import type { UpstreamSpec } from "../../config/config.ts";
import type { DesignatedTarget } from "../../upstream/ddr-book.ts";
import type { Target } from "../../upstream/dial.ts";
import { TlsShared, tlsTarget } from "../../upstream/tls-target.ts";

/** Makes targets as the server does, and reads what they share once for all of them. */
export class Targets {
  readonly #shared: TlsShared;

  /** `onProblem` hears of a client certificate that cannot be used, or a key log that cannot be written. */
  constructor(onProblem: (text: string) => void = () => {}) {
    this.#shared = new TlsShared(readCa, onProblem);
  }

  /** Who must be found at one address of an upstream. Throws what reading its trust anchors throws. */
  at(spec: UpstreamSpec, address: string): Target {
    return tlsTarget({ ...spec, address }, this.#shared);
  }

  /** Who must be found where a plain resolver says that its encrypted face is. Throws likewise. */
  designated(spec: UpstreamSpec, { verify, ...place }: DesignatedTarget): Target {
    return tlsTarget({ ...spec, ...place, tls: { ...spec.tls, verify } }, this.#shared);
  }
}
