import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { hexRest } from "./binary-fields.ts";
import { u32, u8 } from "./number-fields.ts";

interface Zonemd {
  serial: number;
  scheme: number;
  hashAlgorithm: number;
  /** In hexadecimal. */
  digest: string;
}

/** ZONEMD (RFC 8976 section 2.2): 32-bit SOA serial, scheme and hash algorithm in one byte each, the digest. */
export const zonemd: Codec<Zonemd> = record({
  serial: u32,
  scheme: u8,
  hashAlgorithm: u8,
  digest: hexRest,
});
