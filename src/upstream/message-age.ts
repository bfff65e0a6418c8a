import { HEADER_LENGTH, HeaderOffset, readU16, readU32, writeU32 } from "../dns/header.ts";
import { RecordCursor, skipName } from "../dns/records.ts";
import { RrType } from "../dns/rrtype.ts";
import { boundedTtl } from "../dns/ttl-bounds.ts";

const cursor = new RecordCursor();

/**
 * Takes the time that an answer spent in HTTP caches off the TTLs of its records, in place (RFC 8484 section 5.1). The
 * message bytes[start..end) has a whole header; where it is malformed, what stands behind that is left alone.
 */
export function ageRecords(bytes: Uint8Array, start: number, end: number, seconds: number): void {
  let at = start + HEADER_LENGTH;
  for (let left = readU16(bytes, start + HeaderOffset.QDCOUNT); left > 0; left--) {
    at = skipName(bytes, at, start, end);
    if (at < 0 || at + 4 > end) return;
    at += 4;
  }
  cursor.reset(bytes, start, end, at);
  while (cursor.next()) {
    // The same bytes of OPT are no TTL (RFC 6891 section 6.1.3).
    if (cursor.type === RrType.OPT) continue;
    const ttlAt = cursor.typeAt + 4;
    writeU32(bytes, ttlAt, Math.max(0, boundedTtl(readU32(bytes, ttlAt)) - seconds));
  }
}
