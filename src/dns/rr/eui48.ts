import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { dashedHex } from "./binary-fields.ts";

interface Eui48 {
  address: string;
}

/** EUI48 (RFC 7043 section 3.1): an address of six bytes. */
export const eui48: Codec<Eui48> = record({
  address: dashedHex(6),
});
