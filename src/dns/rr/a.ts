import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { ipv4 } from "./address-fields.ts";

interface A {
  address: string;
}

/** A (RFC 1035 section 3.4.1): an IPv4 address in four bytes. */
export const a: Codec<A> = record({
  address: ipv4,
});
