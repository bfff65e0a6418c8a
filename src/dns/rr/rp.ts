import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";

interface Rp {
  mailbox: string;
  /** Where a TXT record says more; the root when none does. */
  text: string;
}

/** RP (RFC 1183 section 2.2): two names; may be compressed (RFC 3597 section 4). */
export const rp: Codec<Rp> = record({
  mailbox: name,
  text: name,
});
