import { writeU16, writeU32 } from "../header.ts";
import { PresentationError } from "../text-errors.ts";

/** What the length field of a record can say (RFC 1035 section 3.2.1). */
const MAX_RDATA = 65_535;

/** Puts the fields of one RDATA together. Throws PresentationError when they take more than 65,535 bytes. */
export class RdataWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  // In all of these: room first, and only then `#bytes`, because growing replaces it.

  u8(value: number): void {
    const start = this.#grow(1);
    this.#bytes[start] = value;
  }

  u16(value: number): void {
    const start = this.#grow(2);
    writeU16(this.#bytes, start, value);
  }

  u32(value: number): void {
    const start = this.#grow(4);
    writeU32(this.#bytes, start, value);
  }

  bytes(value: Uint8Array): void {
    const start = this.#grow(value.length);
    this.#bytes.set(value, start);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(count: number): number {
    const start = this.#length;
    const length = start + count;
    if (length > MAX_RDATA) throw new PresentationError("the record data is longer than 65535 bytes");
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    this.#length = length;
    return start;
  }
}
