import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { base64Rest } from "./binary-fields.ts";

interface Dhcid {
  /** In base64. */
  data: string;
}

/** DHCID (RFC 4701 section 3.1): opaque here, for its digest says nothing to whoever reads it. */
export const dhcid: Codec<Dhcid> = record({
  data: base64Rest,
});
