import { HeaderOffset, readU16, writeU16 } from "./header.ts";
import { RecordCursor } from "./records.ts";
import type { ReplyView } from "./reply-view.ts";
import { RrType } from "./rrtype.ts";

/** Where names stand in RDATA: behind so many bytes and then so many character-strings, one name after the other. */
interface NameLayout {
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
const COMPRESSED: ReadonlyMap<number, NameLayout> = new Map<number, NameLayout>([
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

/**
 * A copy of the message without its OPT record, for the rare server that does not put it last. Records behind it move
 * forward, so every pointer in them to something that moved is set anew. Null when a pointer leads into OPT itself or a
 * name does not fit its RDATA, which no sane message has. The view has read the message, so its records are known to be whole.
 */
export function cutOpt(view: ReplyView): Uint8Array | null {
  const { bytes, start, end, optAt, optEnd } = view;
  const out = new Uint8Array(end - start - (optEnd - optAt));
  out.set(bytes.subarray(start, optAt), 0);
  out.set(bytes.subarray(optEnd, end), optAt - start);
  writeU16(out, HeaderOffset.ARCOUNT, readU16(out, HeaderOffset.ARCOUNT) - 1);
  const cursor = new RecordCursor();
  cursor.reset(bytes, start, end, view.recordsAt);
  while (cursor.next()) {
    if (cursor.ownerAt < optEnd) continue;
    if (mendName(view, out, cursor.ownerAt, cursor.typeAt) < 0) return null;
    const layout = COMPRESSED.get(cursor.type);
    if (layout === undefined) continue;
    let at = cursor.rdataAt + layout.skip;
    for (let left = layout.strings; left > 0; left--) at += 1 + (bytes[at] ?? 0);
    for (let left = layout.names; left > 0; left--) {
      at = mendName(view, out, at, cursor.at);
      if (at < 0) return null;
    }
  }
  return out;
}

/**
 * Mends the pointer that ends the name at `at` of the original, if it has one. Gives the offset behind the name, or -1 when
 * the name does not end before `limit` or leads into OPT.
 */
function mendName(view: ReplyView, out: Uint8Array, at: number, limit: number): number {
  const { bytes, start, optAt, optEnd } = view;
  const cut = optEnd - optAt;
  let here = at;
  while (here < limit) {
    const length = bytes[here]!;
    if (length === 0) return here + 1;
    if (length < 0x40) {
      here += length + 1;
      continue;
    }
    if (length < 0xc0 || here + 2 > limit) return -1;
    const target = start + (readU16(bytes, here) & 0x3fff);
    if (target >= optAt && target < optEnd) return -1;
    if (target >= optEnd) writeU16(out, here - cut - start, 0xc000 | (target - cut - start));
    return here + 2;
  }
  return -1;
}
