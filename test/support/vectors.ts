import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { formatName, parseName } from "../../src/dns/name.ts";
import { parseRdata } from "../../src/dns/rr/registry.ts";
import { typeCode, typeName } from "../../src/dns/rrtype.ts";
import { tokenize } from "../../src/dns/tokens.ts";

export interface Vector {
  readonly owner: string;
  readonly type: number;
  /** The mnemonic of the type. */
  readonly mnemonic: string;
  readonly rdata: Uint8Array;
}

/** Where the zone file of that name in test/dns/rr is. */
export function vectorFile(name: string): string {
  return fileURLToPath(new URL(`../dns/rr/${name}`, import.meta.url));
}

/** The records of a zone file whose origin is vectors.example and whose lines all begin with owner and type. */
export function readVectors(name: string): Vector[] {
  const origin = parseName("vectors.example.");
  return tokenize(readFileSync(vectorFile(name), "utf8"))
    .filter(({ tokens }) => !tokens[0]!.text.startsWith("$"))
    .map(({ tokens }) => {
      const [owner, word, ...data] = tokens;
      const type = typeCode(word!.text)!;
      return {
        owner: formatName(parseName(owner!.text, origin)),
        type,
        mnemonic: typeName(type),
        rdata: parseRdata(type, data, origin),
      };
    });
}

/** All records of both files. */
export const vectors: readonly Vector[] = [
  ...readVectors("vectors.zone"),
  ...readVectors("vectors-bind.zone"),
];
