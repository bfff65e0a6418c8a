import { readU32, writeU32 } from "./header.ts";
import type { RecordCursor } from "./records.ts";
import { RrType } from "./rrtype.ts";

/** The longest life we believe: seven days (RFC 8767 section 4). */
const MAX_TTL = 604_800;

/** A TTL as it is to be understood: one with the high bit set is 0 (RFC 2181 section 8), none is above MAX_TTL. */
export function boundedTtl(ttl: number): number {
  return ttl > 0x7fffffff ? 0 : Math.min(ttl, MAX_TTL);
}

/** Bounds the TTL of the record that the cursor is at, in place; never OPT's: those bytes are no TTL (RFC 6891 6.1.3). */
export function boundTtlHere(cursor: RecordCursor): void {
  if (cursor.type === RrType.OPT) return;
  const at = cursor.typeAt + 4;
  // Most TTLs are below 65,536: one look at the upper bytes settles them.
  if ((cursor.bytes[at]! | cursor.bytes[at + 1]!) === 0) return;
  writeU32(cursor.bytes, at, boundedTtl(readU32(cursor.bytes, at)));
}
