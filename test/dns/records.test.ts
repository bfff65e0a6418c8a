import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { RecordCursor, Section, skipName } from "../../src/dns/records.ts";
import { pointer, rawQuery, rawRecord, wireName } from "../support/raw-query.ts";
import { arbitraryName } from "../support/rr-arbitraries.ts";

/** The end of the name that starts at 20 of a message at `start` of the buffer. */
function skip(name: Uint8Array, start: number = 0): number {
  const bytes = Buffer.concat([Buffer.alloc(start + 20), name]);
  const end = skipName(bytes, start + 20, start, bytes.length);
  return end < 0 ? end : end - start - 20;
}

const label63 = Buffer.concat([Buffer.of(63), Buffer.alloc(63, "x")]);
const name255 = Buffer.concat([
  label63,
  label63,
  label63,
  Buffer.of(61),
  Buffer.alloc(61, "x"),
  Buffer.of(0),
]);
const name256 = Buffer.concat([
  label63,
  label63,
  label63,
  Buffer.of(62),
  Buffer.alloc(62, "x"),
  Buffer.of(0),
]);

describe("the end of a name", () => {
  it.each<[string, Uint8Array, number]>([
    ["the root", Buffer.of(0), 1],
    ["labels", wireName("a.bc"), 6],
    ["a pointer", pointer(12), 2],
    ["labels and a pointer", Buffer.concat([Buffer.of(1, 97), pointer(12)]), 4],
    ["255 bytes", name255, 255],
    ["256 bytes", name256, -1],
    [
      "four labels of 63 bytes and a pointer",
      Buffer.concat([label63, label63, label63, label63, pointer(12)]),
      -1,
    ],
    ["a pointer to itself", pointer(20), -1],
    ["a pointer to its own first label from behind it", Buffer.concat([Buffer.of(1, 97), pointer(20)]), -1],
    ["a pointer forward", pointer(21), -1],
    ["a pointer into the header", pointer(11), -1],
    ["a pointer to the byte before", pointer(19), 2],
    ["half a pointer", Buffer.of(0xc0), -1],
    ["a label of 64 bytes", Buffer.concat([Buffer.of(64), Buffer.alloc(65)]), -1],
    ["the reserved bits 10", Buffer.concat([Buffer.of(0x80), Buffer.alloc(140)]), -1],
    ["a label that is cut", Buffer.of(5, 97, 97), -1],
    ["no root label", Buffer.of(1, 97), -1],
    ["nothing", Buffer.alloc(0), -1],
  ])("of %s", (_, name, end) => {
    expect(skip(name)).toBe(end);
    // The same where the message starts elsewhere in its buffer: pointers count from its start.
    expect(skip(name, 7)).toBe(end);
  });

  it("is found behind every name", () => {
    fc.assert(
      fc.property(arbitraryName, (name) => {
        expect(skip(name)).toBe(name.length);
      }),
    );
  });
});

describe("a walk over records", () => {
  const a = rawRecord(pointer(12), 1, Buffer.of(1, 2, 3, 4), 5);
  const ns = rawRecord(wireName("x"), 2, pointer(12), 6);
  const txt = rawRecord(Buffer.of(0), 16, Buffer.of(1, 97), 7);

  it("comes to each record in its section", () => {
    const message = rawQuery({ answers: [a, a], authorities: [ns], additionals: [txt, a] });
    const bytes = Buffer.concat([Buffer.alloc(9, 0xee), message, Buffer.alloc(9, 0xee)]);
    const cursor = new RecordCursor();
    cursor.reset(bytes, 9, 9 + message.length, 9 + 30);
    const seen: number[][] = [];
    while (cursor.next()) seen.push([cursor.section, cursor.type, cursor.rdataLength]);
    expect(seen).toEqual([
      [Section.ANSWER, 1, 4],
      [Section.ANSWER, 1, 4],
      [Section.AUTHORITY, 2, 2],
      [Section.ADDITIONAL, 16, 2],
      [Section.ADDITIONAL, 1, 4],
    ]);
    expect(cursor).toMatchObject({ broken: false, at: 9 + message.length });
  });

  it("breaks wherever the message is cut", () => {
    const message = rawQuery({ answers: [a], authorities: [ns], additionals: [txt] });
    for (let length = 30; length < message.length; length++) {
      const cursor = new RecordCursor();
      cursor.reset(message, 0, length, 30);
      while (cursor.next());
      expect(cursor.broken).toBe(true);
    }
  });

  it("finds the records that the decoder finds, and breaks where that one does", () => {
    const record = fc
      .tuple(
        fc.oneof(arbitraryName, fc.constant(pointer(12))),
        fc.integer({ min: 1000, max: 60_000 }),
        fc.uint8Array(),
      )
      .map(([owner, type, rdata]) => rawRecord(owner, type, rdata));
    const section = fc.array(record, { maxLength: 4 });
    const lie = fc.option(fc.nat(5), { nil: undefined });
    fc.assert(
      fc.property(
        section,
        section,
        section,
        lie,
        lie,
        lie,
        (answers, authorities, additionals, an, ns, ar) => {
          const bytes = rawQuery({ answers, authorities, additionals, counts: [1, an!, ns!, ar!] });
          const cursor = new RecordCursor();
          cursor.reset(bytes, 0, bytes.length, 30);
          const types: number[] = [];
          while (cursor.next()) types.push(cursor.type);
          let theirs: number[] | null = null;
          try {
            const message = decodeMessage(bytes);
            theirs = [...message.answers, ...message.authorities, ...message.additionals].map(
              ({ type }) => type,
            );
          } catch {
            // Cut short.
          }
          expect(cursor.broken ? null : types).toEqual(theirs);
        },
      ),
    );
  });

  it("is over in O(n) when every name points back to a long chain", () => {
    // Each owner is one label and a pointer to the owner before: followed, n names would cost n² / 2.
    const records: Buffer[] = [];
    let before = 12;
    let at = 30;
    while (at < 16_000) {
      const one = rawRecord(Buffer.concat([Buffer.of(1, 97), pointer(before)]), 1000, Buffer.alloc(0));
      before = at;
      at += one.length;
      records.push(one);
    }
    const bytes = rawQuery({ answers: records });
    const cursor = new RecordCursor();
    const start = performance.now();
    for (let i = 0; i < 20; i++) {
      cursor.reset(bytes, 0, bytes.length, 30);
      while (cursor.next());
      expect(cursor.broken).toBe(false);
    }
    expect(performance.now() - start).toBeLessThan(200);
  });
});
