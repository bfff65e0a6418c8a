import { RrType } from "../dns/rrtype.ts";

const counted = [
  "A",
  "AAAA",
  "HTTPS",
  "SVCB",
  "CNAME",
  "PTR",
  "SRV",
  "TXT",
  "MX",
  "NS",
  "SOA",
  "DS",
  "DNSKEY",
  "TLSA",
  "CAA",
  "NAPTR",
  "HINFO",
  "ANY",
] as const;

/** The types that are counted by themselves; the last stands for all others, whatever clients make up. */
export const QUESTION_TYPES: readonly string[] = [...counted, "other"];

const OTHER = counted.length;

/** By the code of the type: CAA, 257, is the last that is counted. */
const table = new Uint8Array(258).fill(OTHER);
counted.forEach((name, index) => {
  table[RrType[name]] = index;
});

/** Where in `QUESTION_TYPES` a type is. */
export function questionType(type: number): number {
  return type < table.length ? table[type]! : OTHER;
}
