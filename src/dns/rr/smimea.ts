/** SMIMEA (RFC 8162 section 2): laid out as TLSA. */
export { tlsa as smimea } from "./tlsa.ts";
