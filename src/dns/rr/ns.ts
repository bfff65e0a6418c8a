/** NS (RFC 1035 section 3.3.11): the name of a server of the zone; may be compressed. */
export { target as ns } from "./target.ts";
