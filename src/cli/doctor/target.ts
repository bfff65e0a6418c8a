import { readCa } from "../../config/ca-file.ts";
import type { UpstreamSpec } from "../../config/config.ts";
import type { Target } from "../../upstream/dial.ts";
import { TlsShared, tlsTarget } from "../../upstream/tls-target.ts";

/** Makes targets as the server does, and reads what they share once for all of them. */
export class Targets {
  readonly #shared: TlsShared;

  /** `onProblem` hears of a client certificate that cannot be used, or a key log that cannot be written. */
  constructor(onProblem: (text: string) => void = () => {}) {
    this.#shared = new TlsShared(readCa, onProblem);
  }

  /** Who must be found at one address of an upstream. */
  at(spec: UpstreamSpec, address: string): Target {
    return tlsTarget({ ...spec, address }, this.#shared);
  }
}
