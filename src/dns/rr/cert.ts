import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { base64Rest } from "./binary-fields.ts";
import { certificateType, namedAlgorithm } from "./mnemonic-fields.ts";
import { u16 } from "./number-fields.ts";

interface Cert {
  type: number;
  keyTag: number;
  algorithm: number;
  /** In base64. */
  certificate: string;
}

/** CERT (RFC 4398 section 2): 16-bit type, 16-bit key tag, algorithm in one byte, the certificate. */
export const cert: Codec<Cert> = record({
  type: certificateType,
  keyTag: u16,
  algorithm: namedAlgorithm,
  certificate: base64Rest,
});
