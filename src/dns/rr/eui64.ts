import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { dashedHex } from "./binary-fields.ts";

interface Eui64 {
  address: string;
}

/** EUI64 (RFC 7043 section 4.1): an address of eight bytes. */
export const eui64: Codec<Eui64> = record({
  address: dashedHex(8),
});
