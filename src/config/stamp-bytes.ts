/** Reads the fields of a stamp one after the other. Every method gives null when the bytes end before the field does. */
export class StampReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether nothing is left. */
  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** So many bytes as they are. */
  take(length: number): Uint8Array | null {
    if (this.#at + length > this.#bytes.length) return null;
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  /** One byte with a length and as many bytes of text. */
  text(): string | null {
    const length = this.take(1)?.[0];
    const bytes = length === undefined ? null : this.take(length);
    return bytes === null ? null : Buffer.from(bytes).toString("latin1");
  }

  /** A set: each length has its high bit set but for that of the last item. */
  set(): Uint8Array[] | null {
    const items: Uint8Array[] = [];
    for (;;) {
      const length = this.take(1)?.[0];
      const item = length === undefined ? null : this.take(length & 0x7f);
      if (length === undefined || item === null) return null;
      // A set with nothing in it is written as one item without bytes.
      if (item.length > 0) items.push(item);
      if (length < 0x80) return items;
    }
  }
}

/** Text of at most 255 bytes behind its length; the counterpart of `StampReader.text`. */
export function lengthAndText(text: string): Uint8Array {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, "latin1")]);
}

/** Items of at most 127 bytes as a set; the counterpart of `StampReader.set`. */
export function lengthAndSet(items: readonly Uint8Array[]): Uint8Array {
  if (items.length === 0) return Buffer.of(0);
  return Buffer.concat(
    items.map((item, index) =>
      Buffer.concat([Buffer.of(item.length | (index < items.length - 1 ? 0x80 : 0)), item]),
    ),
  );
}
