import { RrType } from "./rrtype.ts";

/** Where names stand in RDATA: behind so many bytes and then so many character-strings, one name after the other. */
export interface NameLayout {
  readonly skip: number;
  readonly strings: number;
  readonly names: number;
}

const oneName: NameLayout = { skip: 0, strings: 0, names: 1 };
const twoNames: NameLayout = { skip: 0, strings: 0, names: 2 };
const numberAndName: NameLayout = { skip: 2, strings: 0, names: 1 };

/**
 * The types whose names may be compressed. Only those of RFC 1035 should be (RFC 3597 section 4); those of RFC 1183, 2163,
 * 2230, 2672, 2782 and 2915 are read the same way, as old servers compressed them. What stands behind the names, as the
 * numbers of SOA do, needs no entry. Types without a mnemonic here: MD, MF, MB, MG, MR, MINFO (RFC 1035 section 3.3), RT, PX.
 */
export const COMPRESSED: ReadonlyMap<number, NameLayout> = new Map<number, NameLayout>([
  [RrType.NS, oneName],
  [3, oneName],
  [4, oneName],
  [RrType.CNAME, oneName],
  [RrType.SOA, twoNames],
  [7, oneName],
  [8, oneName],
  [9, oneName],
  [RrType.PTR, oneName],
  [14, twoNames],
  [RrType.MX, numberAndName],
  [RrType.RP, twoNames],
  [RrType.AFSDB, numberAndName],
  [21, numberAndName],
  [26, { skip: 2, strings: 0, names: 2 }],
  [RrType.SRV, { skip: 6, strings: 0, names: 1 }],
  [RrType.NAPTR, { skip: 4, strings: 3, names: 1 }],
  [RrType.KX, numberAndName],
  [RrType.DNAME, oneName],
]);
