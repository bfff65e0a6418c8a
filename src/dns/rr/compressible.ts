import { RrType } from "../rrtype.ts";
import { codecs } from "./codecs.ts";
import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { mx } from "./mx.ts";
import { name } from "./name-field.ts";
import { rp } from "./rp.ts";
import { target } from "./target.ts";
import { u16 } from "./number-fields.ts";

/** Types with a text form here whose names a sender may compress (RFC 3597 section 4). */
const current = [
  RrType.NS,
  RrType.CNAME,
  RrType.SOA,
  RrType.PTR,
  RrType.MX,
  RrType.RP,
  RrType.AFSDB,
  RrType.SRV,
  RrType.NAPTR,
];

interface Px {
  preference: number;
  map822: string;
  mapx400: string;
}

/** PX (RFC 2163 section 4): 16-bit preference, two names. */
const px: Codec<Px> = record({ preference: u16, map822: name, mapx400: name });

/**
 * Types of old that have no text form here, but whose names must be written out when they are compressed (RFC 3597
 * section 4): MD, MF, MB, MG, MR (one name), MINFO (two names), RT (RFC 1183, laid out as MX) and PX.
 */
const old: readonly [number, Codec<object>][] = [
  [3, target],
  [4, target],
  [7, target],
  [8, target],
  [9, target],
  [14, rp],
  [21, mx],
  [26, px],
];

/** By type, the layout of RDATA that may hold compressed names. */
export const compressible: ReadonlyMap<number, Codec<object>> = new Map([
  ...old,
  ...current.map((type) => [type, codecs.get(type)!] as const),
]);
