import { readFileSync } from "node:fs";
import { pointer } from "../support/raw-query.ts";

/** Good queries of many shapes: hexadecimal, one a line; lines with `#` say what they are. */
export const corpus: readonly Buffer[] = readFileSync(new URL("corpus/queries.hex", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => Buffer.from(line, "hex"));

/** Numbers from 0 to `below` - 1, the same ones for the same seed (mulberry32). */
export type Random = (below: number) => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const mutations: readonly Mutation[] = [
  function flipBits(bytes, random) {
    for (let left = 1 + random(8); left > 0; left--) bytes[random(bytes.length)]! ^= 1 << random(8);
    return bytes;
  },
  function setBytes(bytes, random) {
    const edges = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff];
    for (let left = 1 + random(4); left > 0; left--)
      bytes[random(bytes.length)] = edges[random(edges.length)]!;
    return bytes;
  },
  function cut(bytes, random) {
    return bytes.subarray(0, random(bytes.length));
  },
  function duplicateAPiece(bytes, random) {
    const from = random(bytes.length);
    const to = from + random(bytes.length - from + 1);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  function removeAPiece(bytes, random) {
    const from = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + random(bytes.length - from))]);
  },
  function lieAboutCounts(bytes, random) {
    const values = [0, 1, 2, 3, 255, 256, 65_535];
    if (bytes.length >= 12) bytes.writeUInt16BE(values[random(values.length)]!, 4 + 2 * random(4));
    return bytes;
  },
  function injectAPointer(bytes, random) {
    const at = random(bytes.length);
    bytes.set(pointer(random(bytes.length + 4)).subarray(0, bytes.length - at), at);
    return bytes;
  },
  function lieAboutALength(bytes, random) {
    if (bytes.length > 14) bytes.writeUInt16BE(random(0x10000), 12 + random(bytes.length - 13));
    return bytes;
  },
  function append(bytes, random) {
    return Buffer.concat([bytes, noise(1 + random(600), random)]);
  },
  function changeFlags(bytes, random) {
    if (bytes.length >= 4) bytes.writeUInt16BE(random(0x10000), 2);
    return bytes;
  },
  function replaceAll(_bytes, random) {
    return noise(random(200), random);
  },
];

function noise(length: number, random: Random): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => random(256)));
}

/** A query of the corpus, changed in one to three ways. */
export function mutated(random: Random): Buffer {
  let bytes: Buffer = Buffer.from(corpus[random(corpus.length)]!);
  for (let left = 1 + random(3); left > 0 && bytes.length > 0; left--) {
    bytes = mutations[random(mutations.length)]!(bytes, random);
  }
  return bytes;
}
