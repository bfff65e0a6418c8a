import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { hexRest } from "./binary-fields.ts";
import { algorithm, digestType } from "./mnemonic-fields.ts";
import { u16 } from "./number-fields.ts";

interface Ds {
  keyTag: number;
  algorithm: number;
  digestType: number;
  /** In hexadecimal. */
  digest: string;
}

/** DS (RFC 4034 section 5.1): 16-bit key tag, algorithm and digest type in one byte each, the digest. */
export const ds: Codec<Ds> = record({
  keyTag: u16,
  algorithm,
  digestType,
  digest: hexRest,
});
