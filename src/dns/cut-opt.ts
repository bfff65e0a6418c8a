import { HeaderOffset, readU16, writeU16 } from "./header.ts";
import { RecordCursor } from "./records.ts";
import type { ReplyView } from "./reply-view.ts";
import { RrType } from "./rrtype.ts";

/**
 * Where compressed names may stand in the RDATA of a type: how many bytes come first, then how many names. Only the
 * types of RFC 1035 may hold them (RFC 3597 section 4); those of RFC 1183, 2163, 2535, 2782 and 2915 are read the same
 * way, as old servers compressed them. The SOA's numbers stand behind its names and need no entry.
 */
const COMPRESSED = new Map<number, { skip: number; names: number }>([
  [RrType.NS, { skip: 0, names: 1 }],
  [RrType.CNAME, { skip: 0, names: 1 }],
  [RrType.PTR, { skip: 0, names: 1 }],
  [RrType.DNAME, { skip: 0, names: 1 }],
  [RrType.SOA, { skip: 0, names: 2 }],
  [RrType.RP, { skip: 0, names: 2 }],
  [RrType.MX, { skip: 2, names: 1 }],
  [RrType.AFSDB, { skip: 2, names: 1 }],
  [RrType.KX, { skip: 2, names: 1 }],
  [RrType.SRV, { skip: 6, names: 1 }],
]);

/**
 * A copy of the message without its OPT record, for the rare server that does not put it last. Records behind it move
 * forward, so every pointer in them to something that moved is set anew. Null when a pointer leads into OPT itself,
 * which no sane message has. The view has read the message, so it is known to be whole.
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
    if (mendName(view, out, cursor.ownerAt) < 0) return null;
    const layout = COMPRESSED.get(cursor.type);
    if (layout === undefined) continue;
    let at = cursor.rdataAt + layout.skip;
    for (let left = layout.names; left > 0; left--) {
      at = mendName(view, out, at);
      if (at < 0) return null;
    }
  }
  return out;
}

/** Mends the pointer that ends the name at `at` of the original, if it has one. Gives the offset behind the name, or -1. */
function mendName(view: ReplyView, out: Uint8Array, at: number): number {
  const { bytes, start, end, optAt, optEnd } = view;
  const cut = optEnd - optAt;
  let here = at;
  while (here < end) {
    const length = bytes[here]!;
    if (length === 0) return here + 1;
    if (length < 0x40) {
      here += length + 1;
      continue;
    }
    if (length < 0xc0 || here + 2 > end) return -1;
    const target = start + (readU16(bytes, here) & 0x3fff);
    if (target >= optAt && target < optEnd) return -1;
    if (target >= optEnd) writeU16(out, here - cut - start, 0xc000 | (target - cut - start));
    return here + 2;
  }
  return -1;
}
