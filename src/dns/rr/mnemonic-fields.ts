import type { Codec } from "./codec.ts";
import { parseInteger, u16, u8 } from "./number-fields.ts";

/** DNSSEC algorithms by mnemonic, as BIND spells them (IANA registry "DNS Security Algorithm Numbers"). */
const algorithms = new Map<string, number>([
  ["RSAMD5", 1],
  ["DH", 2],
  ["DSA", 3],
  ["RSASHA1", 5],
  ["NSEC3DSA", 6],
  ["NSEC3RSASHA1", 7],
  ["RSASHA256", 8],
  ["RSASHA512", 10],
  ["ECCGOST", 12],
  ["ECDSAP256SHA256", 13],
  ["ECDSAP384SHA384", 14],
  ["ED25519", 15],
  ["ED448", 16],
  ["INDIRECT", 252],
  ["PRIVATEDNS", 253],
  ["PRIVATEOID", 254],
]);

/** Certificate types (RFC 4398 section 2.1). */
const certificateTypes = new Map<string, number>([
  ["PKIX", 1],
  ["SPKI", 2],
  ["PGP", 3],
  ["IPKIX", 4],
  ["ISPKI", 5],
  ["IPGP", 6],
  ["ACPKIX", 7],
  ["IACPKIX", 8],
  ["URI", 253],
  ["OID", 254],
]);

/** DS digest types (RFC 3658, 4509, 5933, 6605). */
const digestTypes = new Map<string, number>([
  ["SHA-1", 1],
  ["SHA1", 1],
  ["SHA-256", 2],
  ["SHA256", 2],
  ["GOST", 3],
  ["SHA-384", 4],
  ["SHA384", 4],
]);

/** A DNSSEC algorithm, printed as a number; text may name it (RFC 4034 section 2.2). */
export const algorithm: Codec<number> = readByName(u8, algorithms, 0xff);

/** A DS digest type, printed as a number; text may name it (RFC 4034 section 5.3). */
export const digestType: Codec<number> = readByName(u8, digestTypes, 0xff);

/** The algorithm of a CERT record, printed by name (RFC 4398 section 2.2). */
export const namedAlgorithm: Codec<number> = printedByName(algorithm, algorithms);

/** The type of a CERT record, printed by name (RFC 4398 section 2.2). */
export const certificateType: Codec<number> = printedByName(
  readByName(u16, certificateTypes, 0xffff),
  certificateTypes,
);

function readByName(field: Codec<number>, codes: ReadonlyMap<string, number>, max: number): Codec<number> {
  return {
    ...field,
    parse: (text) =>
      text.word("a number or mnemonic", (word) => codes.get(word.toUpperCase()) ?? parseInteger(word, max)),
  };
}

function printedByName(field: Codec<number>, codes: ReadonlyMap<string, number>): Codec<number> {
  const names = new Map(Array.from(codes, ([name, code]) => [code, name]));
  return { ...field, format: (value) => names.get(value) ?? String(value) };
}
