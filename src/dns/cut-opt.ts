import { COMPRESSED } from "./compressed-names.ts";
import { HeaderOffset, readU16, writeU16 } from "./header.ts";
import { RecordCursor } from "./records.ts";
import type { ReplyView } from "./reply-view.ts";

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
