/** CDS (RFC 7344 section 3.1, RFC 8078 section 4 for the one that deletes): laid out as DS. */
export { ds as cds } from "./ds.ts";
