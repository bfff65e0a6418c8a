/** SPF (RFC 4408 section 3.1.1, retired by RFC 7208): laid out as TXT. */
export { txt as spf } from "./txt.ts";
