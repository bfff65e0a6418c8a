/** PTR (RFC 1035 section 3.3.12): a name; may be compressed. */
export { target as ptr } from "./target.ts";
