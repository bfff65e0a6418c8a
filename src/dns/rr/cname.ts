/** CNAME (RFC 1035 section 3.3.1): the name that the owner stands for; may be compressed. */
export { target as cname } from "./target.ts";
