/** DNAME (RFC 6672 section 2.1): the name that the subtree of the owner stands for; never compressed. */
export { target as dname } from "./target.ts";
