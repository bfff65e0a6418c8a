/** HTTPS (RFC 9460 section 9): laid out as SVCB. */
export { svcb as https } from "./svcb.ts";
