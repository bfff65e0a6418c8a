/** Messages are gathered in pieces of so many bytes; one that is larger has a piece of its own. */
const PIECE = 65_536;

/** So many pieces that were sent are kept to be used again. */
const SPARE = 8;

/** Whole frames, to be written with one call. */
export interface Piece {
  readonly bytes: Buffer;
  length: number;
  frames: number;
}

/**
 * What waits for a reader: whole frames in pieces, up to a number of bytes. What was taken from it counts until it is given
 * back, so that memory has a bound however slow the reader is.
 */
export class Backlog {
  readonly #most: number;
  #used = 0;
  #full: Piece[] = [];
  #open: Piece | null = null;
  #spare: Piece[] = [];

  /** `most`: bytes of memory that it may take. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#full.length === 0 && (this.#open === null || this.#open.length === 0);
  }

  /** Whether there is a piece that nothing more is added to. */
  get hasFull(): boolean {
    return this.#full.length > 0;
  }

  /** A piece with room for so many bytes behind its `length`; null: there is none. Who writes there moves `length` and `frames`. */
  room(bytes: number): Piece | null {
    const open = this.#open;
    if (open !== null && open.length + bytes <= open.bytes.length) return open;
    const size = Math.max(PIECE, bytes);
    if (this.#used + size > this.#most) return null;
    if (open !== null) this.#full.push(open);
    this.#used += size;
    const spare = size === PIECE ? this.#spare.pop() : undefined;
    this.#open = spare ?? { bytes: Buffer.allocUnsafeSlow(size), length: 0, frames: 0 };
    return this.#open;
  }

  /** Takes the oldest piece; undefined when nothing waits. */
  take(): Piece | undefined {
    const full = this.#full.shift();
    if (full !== undefined || this.#open === null || this.#open.length === 0) return full;
    const open = this.#open;
    this.#open = null;
    return open;
  }

  /** A piece that was taken is of no use any more. */
  release(piece: Piece): void {
    this.#used -= piece.bytes.length;
    piece.length = 0;
    piece.frames = 0;
    if (piece.bytes.length === PIECE && this.#spare.length < SPARE) this.#spare.push(piece);
  }

  /** Forgets all that waits. Gives how many frames that were. */
  clear(): number {
    let frames = 0;
    for (let piece = this.take(); piece !== undefined; piece = this.take()) {
      frames += piece.frames;
      // What was asked for in private must not stay in a piece that waits to be used again.
      piece.bytes.fill(0);
      this.release(piece);
    }
    return frames;
  }
}
