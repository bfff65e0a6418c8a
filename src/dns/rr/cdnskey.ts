/** CDNSKEY (RFC 7344 section 3.2, RFC 8078 section 4 for the one that deletes): laid out as DNSKEY. */
export { dnskey as cdnskey } from "./dnskey.ts";
