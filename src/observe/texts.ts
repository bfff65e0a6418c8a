/** What a text may have in UTF-8, in bytes; a longer one is cut. Labels and reasons are shorter. */
const LENGTH = 506;

/** A slot: its text, with the text's length in two bytes in front. */
const SLOT = 2 + LENGTH;

/** The largest number; then it begins again at 1. */
const LAST = 0x7fff_ffff;

/**
 * Texts under numbers, in memory that threads share: one thread adds, all read. There are so many slots; when all are
 * taken, the next text takes that of the oldest, whose number then stands for nothing any more.
 */
export class Texts {
  readonly #slots: number;
  /** The last number that was given; then, for each slot, the number of its text, 0 while it is being written. */
  readonly #stamps: Int32Array;
  readonly #bytes: Buffer;
  readonly #numbers = new Map<string, number>();
  /** What the number of a slot is found by: the text as it came, be it cut or not. */
  readonly #keys: (string | undefined)[] = [];

  /** Takes `Texts.bytes(slots)` bytes of `memory` from `at` on, a multiple of 4; what stands there is kept. */
  constructor(slots: number, memory: ArrayBufferLike = new ArrayBuffer(Texts.bytes(slots)), at = 0) {
    this.#slots = slots;
    this.#stamps = new Int32Array(memory, at, 1 + slots);
    this.#bytes = Buffer.from(memory, at + this.#stamps.byteLength, slots * SLOT);
    // Of an earlier thread, in whose place this one is.
    for (let slot = 1; slot <= slots; slot++) {
      const text = this.text(this.#stamps[slot]!);
      if (text !== null) this.#keep(text, slot, this.#stamps[slot]!);
    }
  }

  /** The size of the memory for so many slots, a multiple of 4. */
  static bytes(slots: number): number {
    return 4 * (1 + slots) + slots * SLOT;
  }

  /** How many texts there are. */
  get size(): number {
    return this.#numbers.size;
  }

  /** The number of a text that was added, by this thread or one whose place it took; 0: it is not there. */
  find(text: string): number {
    return this.#numbers.get(text) ?? 0;
  }

  /** Adds a text that is not there. Gives its number, 1 or more. */
  add(text: string): number {
    const last = this.#stamps[0]!;
    const number = last === LAST ? 1 : last + 1;
    const slot = this.#slotOf(number);
    Atomics.store(this.#stamps, slot, 0);
    const at = (slot - 1) * SLOT;
    this.#bytes.writeUInt16LE(this.#bytes.write(text, at + 2, LENGTH, "utf8"), at);
    Atomics.store(this.#stamps, slot, number);
    this.#stamps[0] = number;
    this.#keep(text, slot, number);
    return number;
  }

  /** The text with this number; null when there is none, or none any more. */
  text(number: number): string | null {
    if (number <= 0) return null;
    const slot = this.#slotOf(number);
    if (Atomics.load(this.#stamps, slot) !== number) return null;
    const at = (slot - 1) * SLOT;
    const text = this.#bytes.toString("utf8", at + 2, at + 2 + this.#bytes.readUInt16LE(at));
    // Else it was overwritten while it was read.
    return Atomics.load(this.#stamps, slot) === number ? text : null;
  }

  #keep(text: string, slot: number, number: number): void {
    const old = this.#keys[slot];
    if (old !== undefined) this.#numbers.delete(old);
    this.#keys[slot] = text;
    this.#numbers.set(text, number);
  }

  /** Slots count from 1, as their stamps stand behind the last number. */
  #slotOf(number: number): number {
    return 1 + (number % this.#slots);
  }
}
