import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { ipv6 } from "./address-fields.ts";

interface Aaaa {
  address: string;
}

/** AAAA (RFC 3596 section 2.2): an IPv6 address in sixteen bytes. */
export const aaaa: Codec<Aaaa> = record({
  address: ipv6,
});
