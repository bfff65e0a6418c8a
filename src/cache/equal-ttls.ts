import { readU32, writeU32 } from "../dns/header.ts";
import { RecordCursor } from "../dns/records.ts";
import type { ReplyView } from "../dns/reply-view.ts";
import { RrType } from "../dns/rrtype.ts";

const cursor = new RecordCursor();

/**
 * Gives all records of a set the lowest TTL among them, in place (RFC 2181 section 5.2). Sets stand together, with owners
 * written alike, in all that servers send; where one does not, its records keep their own TTLs. Signatures are no set: each
 * has the TTL of what it signs (RFC 4034 section 3).
 */
export function equaliseTtls(reply: ReplyView): void {
  const { bytes } = reply;
  /** The owner of the set that the walk is in, where its records have their types, and their lowest TTL. */
  let ownerAt = 0;
  let section = -1;
  let set: number[] = [];
  let lowest = 0;
  const end = (): void => {
    for (const typeAt of set) writeU32(bytes, typeAt + 4, lowest);
  };
  cursor.reset(bytes, reply.start, reply.end, reply.recordsAt);
  while (cursor.next()) {
    if (cursor.type === RrType.OPT || cursor.type === RrType.RRSIG) continue;
    const { typeAt } = cursor;
    const ttl = readU32(bytes, typeAt + 4);
    const first = set[0];
    if (
      first !== undefined &&
      section === cursor.section &&
      readU32(bytes, first) === readU32(bytes, typeAt) &&
      sameBytes(bytes, ownerAt, first, cursor.ownerAt, typeAt)
    ) {
      set.push(typeAt);
      lowest = Math.min(lowest, ttl);
      continue;
    }
    end();
    set = [typeAt];
    ({ ownerAt, section } = cursor);
    lowest = ttl;
  }
  end();
}

function sameBytes(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (let i = 0; i < aEnd - a; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
