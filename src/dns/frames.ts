import { MAX_MESSAGE, readU16 } from "./header.ts";

/** Who takes the messages of a stream. Gives false to stop: the rest of the chunk, behind `FrameReader.taken`, is then left. */
export interface FrameSink {
  /** bytes[start..end) is one whole message. Valid during the call only. */
  onFrame(bytes: Uint8Array, start: number, end: number): boolean;
}

/**
 * Cuts a byte stream into messages behind two-byte lengths (RFC 1035 section 4.2.2, RFC 7766 section 8), whatever the
 * segmentation: a length split in two, one byte at a time, many messages at once. Whole messages are handed out in
 * place; only a message that a chunk leaves unfinished is copied, once, and its buffer is as large as it needs to be.
 */
export class FrameReader {
  #sink: FrameSink;
  /** The unfinished message with its length prefix. */
  #part: Uint8Array = new Uint8Array(0);
  #partLength = 0;
  #taken = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Bytes of an unfinished message that wait for the rest, its length prefix included. */
  get waiting(): number {
    return this.#partLength;
  }

  /** Where in the chunk the message ended with which the sink stopped. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes chunk[0..length). False when the sink wants no more for now: what is behind `taken` can be pushed later. */
  push(chunk: Uint8Array, length: number): boolean {
    if (length === 0) return true;
    let at = 0;
    if (this.#partLength > 0) {
      at = this.#fillPart(chunk, length);
      if (at < 0) return false;
    }
    while (at + 2 <= length) {
      const end = at + 2 + readU16(chunk, at);
      if (end > length) break;
      if (!this.#sink.onFrame(chunk, at + 2, end)) {
        this.#taken = end;
        return false;
      }
      at = end;
    }
    if (at < length) this.#keep(chunk, at, length);
    return true;
  }

  /** Completes the message that an earlier chunk began; gives the offset behind what it took, or -1 to stop. */
  #fillPart(chunk: Uint8Array, length: number): number {
    let at = 0;
    if (this.#partLength === 1) {
      this.#reserve(2);
      this.#part[1] = chunk[0]!;
      this.#partLength = 2;
      at = 1;
    }
    const whole = 2 + readU16(this.#part, 0);
    this.#reserve(whole);
    const taken = Math.min(length - at, whole - this.#partLength);
    this.#part.set(chunk.subarray(at, at + taken), this.#partLength);
    this.#partLength += taken;
    if (this.#partLength < whole) return length;
    this.#partLength = 0;
    this.#taken = at + taken;
    return this.#sink.onFrame(this.#part, 2, whole) ? this.#taken : -1;
  }

  #keep(chunk: Uint8Array, at: number, length: number): void {
    this.#partLength = 0;
    this.#reserve(length - at >= 2 ? Math.max(2 + readU16(chunk, at), length - at) : 2);
    this.#part.set(chunk.subarray(at, length), 0);
    this.#partLength = length - at;
  }

  /** Room for a message of `size` bytes: a small one does not hold on to the buffer that a large one needed. */
  #reserve(size: number): void {
    if (this.#part.length >= size && (this.#part.length <= 4096 || size > 4096)) return;
    const grown = new Uint8Array(size <= 512 ? 512 : size <= 4096 ? 4096 : MAX_MESSAGE + 2);
    grown.set(this.#part.subarray(0, this.#partLength));
    this.#part = grown;
  }
}
