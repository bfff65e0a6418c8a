import { RrType } from "./rrtype.ts";
import { WireError } from "./text-errors.ts";

/** A pointer has 14 bits: what begins at or after this offset cannot be pointed to (RFC 1035 section 4.1.4). */
const POINTER_LIMIT = 0x4000;

/** What a label may hold (RFC 1035 section 2.3.4): a greater length byte is a pointer or reserved. */
const MAX_LABEL = 63;

interface Layout {
  readonly skip: number;
  readonly names: number;
}

/**
 * Where the names stand that may be compressed inside RDATA: behind so many bytes, so many in a row. Only the types of
 * RFC 1035 may have that (RFC 3597 section 4): a reader that does not know a newer type could not expand it.
 */
const compressible = new Map<number, Layout>([
  [RrType.NS, { skip: 0, names: 1 }],
  [RrType.CNAME, { skip: 0, names: 1 }],
  [RrType.SOA, { skip: 0, names: 2 }],
  [RrType.PTR, { skip: 0, names: 1 }],
  [RrType.MX, { skip: 2, names: 1 }],
]);

/** Writes names into one message, each as short as pointers to earlier names make it (RFC 1035 section 4.1.4). */
export class NameCompressor {
  readonly #out: Uint8Array;
  /** Each tail of a name that was written, as Latin-1 text of its wire form, with its offset. Case counts. */
  readonly #offsets = new Map<string, number>();

  constructor(out: Uint8Array) {
    this.#out = out;
  }

  /**
   * Writes the uncompressed name at `from` of `source` at `at` of the message. Gives the offsets behind both.
   * Throws WireError when there is no such name.
   */
  write(source: Uint8Array, from: number, at: number): { sourceEnd: number; end: number } {
    const sourceEnd = nameEnd(source, from);
    if (sourceEnd < 0) throw new WireError("a name of the message is not one in wire form");
    const tails = Buffer.from(source.buffer, source.byteOffset + from, sourceEnd - from).toString("latin1");
    let here = at;
    let label = from;
    while (source[label] !== 0) {
      const tail = tails.slice(label - from);
      const target = this.#offsets.get(tail);
      if (target !== undefined) {
        this.#out[here] = 0xc0 | (target >>> 8);
        this.#out[here + 1] = target;
        return { sourceEnd, end: here + 2 };
      }
      if (here < POINTER_LIMIT) this.#offsets.set(tail, here);
      const next = label + 1 + source[label]!;
      this.#out.set(source.subarray(label, next), here);
      here += next - label;
      label = next;
    }
    this.#out[here] = 0;
    return { sourceEnd, end: here + 1 };
  }

  /** Writes RDATA whose names are expanded at `at` of the message, and gives the offset behind it. */
  writeRdata(type: number, rdata: Uint8Array, at: number): number {
    const layout = compressible.get(type);
    if (layout === undefined || !hasNames(rdata, layout)) {
      this.#out.set(rdata, at);
      return at + rdata.length;
    }
    this.#out.set(rdata.subarray(0, layout.skip), at);
    let from = layout.skip;
    let here = at + layout.skip;
    for (let count = 0; count < layout.names; count += 1) {
      const written = this.write(rdata, from, here);
      from = written.sourceEnd;
      here = written.end;
    }
    this.#out.set(rdata.subarray(from), here);
    return here + rdata.length - from;
  }
}

/** Whether the names are there: RDATA that does not fit its type is written as it is. */
function hasNames(rdata: Uint8Array, { skip, names }: Layout): boolean {
  let at = skip;
  for (let count = 0; count < names && at >= 0; count += 1) at = nameEnd(rdata, at);
  return at >= 0;
}

/** Where the uncompressed name at `at` ends; -1 when it does not end inside the bytes or is no plain name. */
function nameEnd(source: Uint8Array, at: number): number {
  let here = at;
  while (here < source.length && source[here]! <= MAX_LABEL) {
    if (source[here] === 0) return here + 1;
    here += 1 + source[here]!;
  }
  return -1;
}
