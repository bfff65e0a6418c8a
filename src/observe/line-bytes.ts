import type { Fragment } from "./fragments.ts";

/** Bytes for the lines at first; it grows to what they need. */
const ROOM = 65_536;

/** What may be written behind a fragment before the next one: numbers, an address, a name. */
const BETWEEN = 1024;

/** The largest number that is written here. */
const MOST = 0x7fff_ffff;

const DOT = 0x2e;
const ZERO = 0x30;

/** Bytes of text that grow at their end. */
export class LineBytes {
  /** How many there are. Who writes into `target` says here how far. */
  length = 0;
  #target: Buffer = Buffer.alloc(ROOM);
  #view: DataView = viewOf(this.#target);

  /** Where they are: from `length` on there is room for `BETWEEN` more behind a fragment, and no longer than to the next. */
  get target(): Buffer {
    return this.#target;
  }

  /** All of them; valid until more are written. */
  get written(): Buffer {
    return this.#target.subarray(0, this.length);
  }

  /** Writes a fragment. */
  fragment(fragment: Fragment): void {
    const { words } = fragment;
    const count = words.length;
    const at = this.length;
    if (at + count * 8 + BETWEEN > this.#target.length) this.#grow(count * 8 + BETWEEN);
    const view = this.#view;
    for (let i = 0; i < count; i++) view.setFloat64(at + i * 8, words[i]!, true);
    this.length = at + fragment.length;
  }

  /** Writes any text. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    if (this.length + length > this.#target.length) this.#grow(length);
    this.#target.write(text, this.length);
    this.length += length;
  }

  /** Writes a whole number from 0 to 2^31-1, behind a fragment. */
  number(value: number): void {
    let at = this.length;
    for (let limit = 10; value >= limit; limit *= 10) at++;
    this.length = at + 1;
    let rest = value | 0;
    for (const target = this.#target; ; at--) {
      const left = (rest / 10) | 0;
      target[at] = ZERO + rest - left * 10;
      if (left === 0) return;
      rest = left;
    }
  }

  /** Writes a number below 1000 with all its three digits, behind a fragment. */
  threeDigits(value: number): void {
    const target = this.#target;
    const at = this.length;
    const tens = (value / 10) | 0;
    const hundreds = (value / 100) | 0;
    target[at] = ZERO + hundreds;
    target[at + 1] = ZERO + tens - hundreds * 10;
    target[at + 2] = ZERO + value - tens * 10;
    this.length = at + 3;
  }

  /** Writes a whole number of thousandths as JSON has their quotient: 8250 is `8.25`. False, and nothing, when it is not from 0 to 2^31-1. */
  thousandths(value: number): boolean {
    if (!(value >= 0 && value <= MOST)) return false;
    const whole = (value / 1000) | 0;
    const rest = value - whole * 1000;
    this.number(whole);
    if (rest === 0) return true;
    const target = this.#target;
    target[this.length++] = DOT;
    this.threeDigits(rest);
    while (target[this.length - 1] === ZERO) this.length--;
    return true;
  }

  #grow(needed: number): void {
    const target = Buffer.alloc(Math.max(this.#target.length * 2, this.length + needed));
    this.#target.copy(target, 0, 0, this.length);
    this.#target = target;
    this.#view = viewOf(target);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
