import { readU16, readU32 } from "../header.ts";
import { readName } from "../name.ts";
import { WireError } from "../text-errors.ts";

/** Reads the fields of one RDATA in their order. Every method throws WireError when the bytes do not suffice. */
export class RdataReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #compressed: boolean;
  #at: number;

  /**
   * Reads `bytes` from `at` to `end`. With `compressed`, names may point to anywhere before themselves in `bytes`,
   * which is then a whole message; without it a pointer is an error (RFC 3597 section 4).
   */
  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length, compressed = false) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#compressed = compressed;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  u16(): number {
    return readU16(this.#bytes, this.#take(2));
  }

  u32(): number {
    return readU32(this.#bytes, this.#take(4));
  }

  /** The next `count` bytes, not copied. */
  take(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** All bytes that are left, not copied. */
  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  /** A name in wire form without compression. */
  name(): Uint8Array {
    const start = this.#at;
    // Without compression nothing behind the RDATA may be read either: the copy ends where the RDATA ends.
    const { name, end } = readName(
      this.#compressed ? this.#bytes : this.#bytes.subarray(0, this.#end),
      start,
    );
    if (end > this.#end) throw new WireError("a name goes over the end of the record data");
    // A pointer takes two bytes and no name does: the lengths can only be the same when there was none.
    if (!this.#compressed && name.length !== end - start) {
      throw new WireError("a name is compressed where that is not allowed");
    }
    this.#at = end;
    return name;
  }

  #take(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) throw new WireError("the record data is cut short");
    this.#at = start + count;
    return start;
  }
}
