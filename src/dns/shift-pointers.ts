import { COMPRESSED } from "./compressed-names.ts";
import { readU16, writeU16 } from "./header.ts";
import { RecordCursor } from "./records.ts";

/** The farthest that a compression pointer can point (RFC 1035 section 4.1.4). */
const FARTHEST = 0x3fff;

const cursor = new RecordCursor();

/**
 * Adds `by` to every compression pointer in the records of the message bytes[start..end), which begin at `recordsAt`: the
 * records were copied from behind a question that was shorter by so much, and whose name is the end of the new one. False
 * when a pointer would point too far, or the message is malformed: what is there then is worthless.
 */
export function shiftPointers(
  bytes: Uint8Array,
  start: number,
  end: number,
  recordsAt: number,
  by: number,
): boolean {
  cursor.reset(bytes, start, end, recordsAt);
  // The walk looks only at what is before a pointer's own place: that holds for those that are not shifted yet.
  while (cursor.next()) {
    if (shiftName(bytes, cursor.ownerAt, cursor.typeAt, by) < 0) return false;
    const layout = COMPRESSED.get(cursor.type);
    if (layout === undefined) continue;
    let at = cursor.rdataAt + layout.skip;
    for (let left = layout.strings; left > 0; left--) at += 1 + (bytes[at] ?? 0);
    for (let left = layout.names; left > 0; left--) {
      at = shiftName(bytes, at, cursor.at, by);
      if (at < 0) return false;
    }
  }
  return !cursor.broken;
}

/** Shifts the pointer that ends the name at `at`, if it has one. Gives the offset behind the name, or -1. */
function shiftName(bytes: Uint8Array, at: number, limit: number, by: number): number {
  for (let here = at; here < limit; here += bytes[here]! + 1) {
    const length = bytes[here]!;
    if (length === 0) return here + 1;
    if (length < 0x40) continue;
    if (length < 0xc0 || here + 2 > limit) return -1;
    const target = (readU16(bytes, here) & FARTHEST) + by;
    if (target > FARTHEST) return -1;
    writeU16(bytes, here, 0xc000 | target);
    return here + 2;
  }
  return -1;
}
