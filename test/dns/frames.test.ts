import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader } from "../../src/dns/frames.ts";

/** What comes out of a reader, copied, and the reader. */
function reader(limit: number = Infinity): { got: Buffer[]; frames: FrameReader } {
  const got: Buffer[] = [];
  const frames = new FrameReader({
    onFrame(bytes, start, end) {
      got.push(Buffer.from(bytes.subarray(start, end)));
      return got.length < limit;
    },
  });
  return { got, frames };
}

function framed(...messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(messages.flatMap((one) => [Buffer.of(one.length >> 8, one.length), one]));
}

function filled(length: number, seed: number = 1): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i * 31 + seed));
}

/** Hands over chunks in one buffer that is overwritten each time, as a reader that uses its buffer again would. */
function feed(frames: FrameReader, stream: Uint8Array, cuts: readonly number[]): void {
  const chunk = Buffer.alloc(stream.length + 16);
  let from = 0;
  for (const cut of [...cuts, stream.length]) {
    chunk.fill(0xee);
    chunk.set(stream.subarray(from, cut));
    expect(frames.push(chunk, cut - from)).toBe(true);
    from = cut;
  }
}

describe("frames of a stream", () => {
  const vectors: readonly (readonly [string, readonly Buffer[]])[] = [
    ["one message", [filled(30)]],
    ["three messages", [filled(17), filled(300, 2), filled(1, 3)]],
    ["empty messages", [filled(0), filled(0), filled(12), filled(0)]],
    ["a length whose bytes differ", [filled(0x0102), filled(0x0201)]],
  ];

  it.each(vectors)("are the same for %s cut at any two places", (_, messages) => {
    const stream = framed(...messages);
    for (let first = 0; first <= stream.length; first++) {
      // Every pair of cuts for short ones; for long ones the second cut is the one a byte later.
      const most = stream.length < 80 ? stream.length : Math.min(first + 1, stream.length);
      for (let second = first; second <= most; second++) {
        const { got, frames } = reader();
        feed(frames, stream, [first, second]);
        expect(got).toEqual(messages);
        expect(frames.waiting).toBe(0);
      }
    }
  });

  it.each(vectors)("are the same for %s in single bytes", (_, messages) => {
    const stream = framed(...messages);
    const { got, frames } = reader();
    feed(
      frames,
      stream,
      Array.from(stream, (_, i) => i),
    );
    expect(got).toEqual(messages);
  });

  it("are the same for any messages and any cuts", () => {
    const message = fc.oneof(
      { weight: 8, arbitrary: fc.uint8Array({ maxLength: 60 }) },
      { weight: 1, arbitrary: fc.integer({ min: 400, max: 5000 }).map((length) => filled(length)) },
      { weight: 1, arbitrary: fc.constantFrom(510, 512, 4094, 4096, 65_535).map((length) => filled(length)) },
    );
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (messages, at) => {
          const stream = framed(...messages);
          const cuts = at.map((one) => one % (stream.length + 1)).sort((a, b) => a - b);
          const { got, frames } = reader();
          feed(frames, stream, cuts);
          expect(Buffer.concat(got).equals(Buffer.concat(messages))).toBe(true);
          expect(got.map(({ length }) => length)).toEqual(messages.map(({ length }) => length));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reach 65,535 bytes, dribbled", () => {
    const big = filled(65_535);
    const { got, frames } = reader();
    const stream = framed(big, filled(5));
    for (let i = 0; i < stream.length; i++) frames.push(stream.subarray(i, i + 1), 1);
    expect(got.map(({ length }) => length)).toEqual([65_535, 5]);
    expect(got[0]!.equals(big)).toBe(true);
  });

  it("are handed out without a copy when they are whole", () => {
    const stream = framed(filled(20), filled(21));
    const seen: Uint8Array[] = [];
    const frames = new FrameReader({ onFrame: (bytes) => seen.push(bytes) > 0 });
    frames.push(stream, stream.length);
    expect(seen[0]).toBe(stream);
    expect(seen[1]).toBe(stream);
  });

  it("stop when the sink has had enough, whichever way the message came", () => {
    const stream = framed(filled(20), filled(20), filled(20));
    for (let cut = 0; cut <= stream.length; cut++) {
      const { got, frames } = reader(1);
      const first = frames.push(stream.subarray(0, cut), cut);
      const second = first && frames.push(stream.subarray(cut), stream.length - cut);
      expect([first, second]).toContain(false);
      expect(got).toHaveLength(1);
    }
  });

  it("go on behind `taken` after any stop, with nothing lost and nothing twice", () => {
    const messages = [filled(20), filled(1, 2), filled(0), filled(300, 3), filled(20, 4)];
    const stream = framed(...messages);
    for (let cut = 0; cut <= stream.length; cut++) {
      const got: Buffer[] = [];
      const frames = new FrameReader({
        onFrame: (bytes, start, end) => got.push(Buffer.from(bytes.subarray(start, end))) < 0,
      });
      for (let rest of [stream.subarray(0, cut), stream.subarray(cut)])
        while (!frames.push(rest, rest.length)) rest = rest.subarray(frames.taken);
      expect(got).toEqual(messages);
    }
  });

  it("say how many bytes wait for the rest", () => {
    const { frames } = reader();
    const stream = framed(filled(30));
    for (let i = 0; i < stream.length; i++) {
      expect(frames.waiting).toBe(i);
      frames.push(stream.subarray(i, i + 1), 1);
    }
    expect(frames.waiting).toBe(0);
  });
});
