import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventStream, type StreamEvent } from "../../web/api/event-stream.ts";

function read(...pieces: readonly string[]): StreamEvent[] {
  const stream = new EventStream();
  return pieces.flatMap((piece) => stream.push(piece));
}

describe("a stream of events", () => {
  it("is events with a type and data, comments and other fields left away", () => {
    const text = `retry: 2000\n\n: a comment\nevent: query\ndata: {"a":1}\n\nid: 7\ndata:no space\ndata: two lines\n\n`;
    expect(read(text)).toEqual([
      { type: "query", data: '{"a":1}' },
      { type: "message", data: "no space\ntwo lines" },
    ]);
  });

  it("gives nothing of an event that is not whole", () => {
    expect(read("event: query\ndata: 1\n")).toEqual([]);
    expect(read("data: 1")).toEqual([]);
    expect(read("event: query\n\n")).toEqual([]);
  });

  it("is the same wherever it is cut, and with each end of a line", () => {
    const text = `event: query\ndata: {"name":"a.test."}\n\n:\n\nevent: lost\ndata: {"lost":3}\n\n`;
    const whole = read(text);
    expect(whole).toHaveLength(2);
    fc.assert(
      fc.property(
        fc.array(fc.nat(text.length), { maxLength: 8 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        (cuts, end) => {
          const ended = text.replaceAll("\n", end);
          const at = [0, ...cuts.sort((a, b) => a - b), ended.length];
          const pieces = at.slice(1).map((to, n) => ended.slice(at[n], to));
          // A lone \r at the end may be the first half of \r\n: what follows tells.
          expect(read(...pieces, end)).toEqual(whole);
        },
      ),
    );
  });
});
