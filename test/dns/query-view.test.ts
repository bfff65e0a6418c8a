import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { decodeMessage } from "../../src/dns/message.ts";
import { QueryView, Reading } from "../../src/dns/query-view.ts";
import {
  pointer,
  type RawOpt,
  rawOpt,
  rawQuery,
  rawQuestion,
  rawRecord,
  wireName,
} from "../support/raw-query.ts";
import { arbitraryName } from "../support/rr-arbitraries.ts";

const view = new QueryView();

function read(bytes: Uint8Array): number {
  return view.read(bytes, bytes.length, true);
}

/** A name of exactly `length` bytes in wire form. */
function nameOfLength(length: number): Buffer {
  const labels: Buffer[] = [];
  for (let left = length - 1; left > 0;) {
    const label = left <= 64 ? left - 1 : left === 65 ? 31 : 63;
    labels.push(Buffer.concat([Buffer.of(label), Buffer.alloc(label, "a")]));
    left -= label + 1;
  }
  return Buffer.concat([...labels, Buffer.of(0)]);
}

describe("a view of a query", () => {
  it("finds id, flags, question and EDNS", () => {
    const bytes = rawQuery({
      id: 0xbeef,
      flags: Flag.RD | Flag.CD | Flag.AD,
      name: "Www.Example.TEST",
      type: 28,
      class: 3,
      opt: { udpSize: 4096, dnssecOk: true, options: [{ code: 11 }, { code: 65_001, data: Buffer.of(1) }] },
    });
    expect(read(bytes)).toBe(Reading.QUERY);
    expect(view).toMatchObject({
      id: 0xbeef,
      flags: 0x0130,
      nameLength: 18,
      type: 28,
      class: 3,
      questionEnd: 34,
      hasEdns: true,
      udpSize: 4096,
      dnssecOk: true,
      wantsKeepalive: true,
    });
  });

  it("forgets the message before", () => {
    read(rawQuery({ opt: { udpSize: 4096, dnssecOk: true, options: [{ code: 11 }] } }));
    expect(read(rawQuery({ name: "a" }))).toBe(Reading.QUERY);
    expect(view).toMatchObject({
      hasEdns: false,
      udpSize: 512,
      dnssecOk: false,
      wantsKeepalive: false,
      nameLength: 3,
    });
  });

  it("reads no further than the length that it is told", () => {
    const bytes = rawQuery();
    for (let length = 0; length < bytes.length; length++) {
      expect(view.read(bytes, length, true)).toBe(length < 12 ? Reading.DROP : Reading.FORMERR);
    }
    expect(view.read(Buffer.concat([bytes, Buffer.alloc(40, 0xff)]), bytes.length, true)).toBe(Reading.QUERY);
  });

  it("keeps the name of 255 bytes and refuses the one of 256", () => {
    expect(read(rawQuery({ name: nameOfLength(255) }))).toBe(Reading.QUERY);
    expect(view.nameLength).toBe(255);
    expect(read(rawQuery({ name: nameOfLength(256) }))).toBe(Reading.FORMERR);
    expect(read(rawQuery({ name: nameOfLength(320) }))).toBe(Reading.FORMERR);
  });

  it.each([
    ["of 64 bytes", Buffer.concat([Buffer.of(64), Buffer.alloc(64, "a"), Buffer.of(0)])],
    ["with the reserved bits 10", Buffer.concat([Buffer.of(0x81), Buffer.alloc(1, "a"), Buffer.of(0)])],
    ["that points to itself", pointer(12)],
    ["that points forward", pointer(60)],
    ["that points into the header", pointer(0)],
  ])("refuses a label %s", (_, name) => {
    expect(read(rawQuery({ name }))).toBe(Reading.FORMERR);
    expect(view).toMatchObject({ nameLength: 0, questionEnd: 12 });
  });

  it.each([
    ["QR=1", rawQuery({ flags: Flag.QR | Flag.RD }), Reading.DROP],
    ["QR=1 with another opcode", rawQuery({ flags: Flag.QR | (5 << 11) }), Reading.DROP],
    ["no question", Buffer.concat([rawQuery({ counts: [0] }).subarray(0, 12)]), Reading.FORMERR],
    ["two questions", rawQuery({ questions: [rawQuestion("b.test")] }), Reading.FORMERR],
    ["a count of questions that lies", rawQuery({ counts: [2] }), Reading.FORMERR],
    ["ANCOUNT that lies", rawQuery({ counts: [1, 1] }), Reading.FORMERR],
    ["NSCOUNT that lies", rawQuery({ counts: [1, 0, 65_535] }), Reading.FORMERR],
    ["ARCOUNT that lies", rawQuery({ counts: [1, 0, 0, 2], opt: {} }), Reading.FORMERR],
    ["EDNS version 1", rawQuery({ opt: { version: 1 } }), Reading.BADVERS],
    ["EDNS version 255 with unknown flags", rawQuery({ opt: { version: 255, z: 0x7fff } }), Reading.BADVERS],
    ["records in its answer section", rawQuery({ answers: [rawRecord(pointer(12), 1, Buffer.alloc(4))] }), 0],
    ["a loop in an owner", rawQuery({ additionals: [rawRecord(pointer(30), 1, Buffer.alloc(4))] }), 2],
  ])("says what is to be done with %s", (_, bytes, reading) => {
    expect(read(bytes)).toBe(reading);
  });

  it.each(Array.from({ length: 15 }, (_, i) => i + 1))("does not implement opcode %i", (opcode) => {
    expect(read(rawQuery({ flags: opcode << 11, opt: {} }))).toBe(Reading.NOTIMP);
    expect(view).toMatchObject({ hasEdns: true, questionEnd: 30 });
  });

  it.each<[string, Buffer, number]>([
    [
      "at the end of others",
      rawQuery({ additionals: [rawRecord(pointer(12), 1, Buffer.alloc(4))], opt: {} }),
      0,
    ],
    [
      "in front of others",
      rawQuery({ additionals: [rawOpt(), rawRecord(pointer(12), 250, Buffer.alloc(9))] }),
      0,
    ],
    ["twice", rawQuery({ additionals: [rawOpt()], opt: {} }), 2],
    ["in the answer section", rawQuery({ answers: [rawOpt()] }), 2],
    ["in the authority section", rawQuery({ authorities: [rawOpt()] }), 2],
    ["with an owner that is not the root", rawQuery({ opt: { owner: wireName("a") } }), 2],
    ["with a pointer as its owner", rawQuery({ opt: { owner: pointer(12) } }), 2],
    ["with an option cut short", rawQuery({ opt: { rdata: Buffer.of(0, 10, 0) } }), 2],
    ["with an option that overruns", rawQuery({ opt: { rdata: Buffer.of(0, 10, 0, 2, 1) } }), 2],
    ["without questions", rawQuery({ opt: {}, counts: [0] }), 2],
    [
      "with no question at all",
      Buffer.concat([rawQuery({ counts: [0, 0, 0, 1] }).subarray(0, 12), rawOpt()]),
      2,
    ],
    ["behind two questions", rawQuery({ questions: [rawQuestion("b.test")], opt: {} }), 2],
  ])("sees OPT %s", (name, bytes, reading) => {
    expect(read(bytes)).toBe(reading);
    // A count of 0 in front of a question makes the question look like a record: nothing can be found there.
    expect(view.hasEdns).toBe(name !== "without questions");
  });

  it.each<[RawOpt["udpSize"], number]>([
    [0, 512],
    [511, 512],
    [512, 512],
    [513, 513],
    [65_535, 65_535],
  ])("takes a payload size of %i as %i", (sent, taken) => {
    read(rawQuery({ opt: { udpSize: sent! } }));
    expect(view.udpSize).toBe(taken);
  });

  it("refuses keepalive with a value over a stream, and looks away over UDP (RFC 7828 section 3.2.1)", () => {
    const bytes = rawQuery({ opt: { options: [{ code: 11, data: Buffer.of(0, 100) }] } });
    expect(view.read(bytes, bytes.length, true)).toBe(Reading.FORMERR);
    expect(view.read(bytes, bytes.length, false)).toBe(Reading.QUERY);
    expect(view.wantsKeepalive).toBe(false);
  });

  it("hashes a name the same in every case, and within 30 bits", () => {
    fc.assert(
      fc.property(arbitraryName, fc.infiniteStream(fc.boolean()), (name, flips) => {
        const other = Uint8Array.from(name);
        for (const [i, byte] of name.entries()) {
          const letter = byte | 0x20;
          if (letter >= 0x61 && letter <= 0x7a && flips.next().value === true) other[i] = byte ^ 0x20;
        }
        expect(read(rawQuery({ name }))).toBe(Reading.QUERY);
        const hash = view.nameHash;
        read(rawQuery({ name: other }));
        expect(view.nameHash).toBe(hash);
        expect(hash).toBe(hash & 0x3fffffff);
      }),
    );
  });

  it("agrees with the decoder about every name and option", () => {
    fc.assert(
      fc.property(
        arbitraryName,
        fc.nat(0xffff),
        fc.nat(0xffff),
        fc.boolean(),
        fc.array(
          fc.record({ code: fc.integer({ min: 12, max: 0xffff }), data: fc.uint8Array({ maxLength: 40 }) }),
        ),
        (name, type, qclass, dnssecOk, options) => {
          const bytes = rawQuery({ name, type, class: qclass, opt: { dnssecOk, options } });
          expect(read(bytes)).toBe(Reading.QUERY);
          const message = decodeMessage(bytes);
          expect(message.edns!.options).toHaveLength(options.length);
          const { name: decoded } = message.questions[0]!;
          expect(Buffer.from(bytes.subarray(12, 12 + view.nameLength)).equals(decoded)).toBe(true);
          expect([view.type, view.class, view.dnssecOk]).toEqual([type, qclass, dnssecOk]);
        },
      ),
    );
  });

  it("takes nothing that the decoder refuses, whatever the bytes", () => {
    const base = rawQuery({ additionals: [rawRecord(pointer(12), 16, Buffer.alloc(9))], opt: {} });
    const change = fc.tuple(fc.nat(base.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(base);
        for (const [at, byte] of changes) bytes[at] = byte;
        if (read(bytes) !== Reading.QUERY) return;
        // Its question is one that the decoder takes, too, alone: RDATA is not looked into, pointers are not followed.
        const alone = Buffer.concat([
          bytes.subarray(0, 6),
          Buffer.alloc(6),
          bytes.subarray(12, view.questionEnd),
        ]);
        expect(decodeMessage(alone)).toMatchObject({
          trailing: 0,
          questions: [{ type: view.type, class: view.class }],
        });
      }),
      { numRuns: 2000 },
    );
  });

  it("reads 65,535 bytes of whatever there is in a few milliseconds", () => {
    const records = Buffer.concat(
      Array.from({ length: 4000 }, () => rawRecord(pointer(12), 1, Buffer.alloc(4))),
    );
    const many = rawQuery({ additionals: [records], counts: [1, 0, 0, 4000] });
    const names = Buffer.concat([rawQuery({ counts: [1, 0, 0, 65_535] }), Buffer.alloc(65_000, 1)]);
    const short = Buffer.concat([rawQuery({ counts: [1, 65_535, 65_535, 65_535] }), Buffer.alloc(65_000)]);
    for (const bytes of [many, names, short]) {
      read(bytes);
      const start = performance.now();
      for (let i = 0; i < 10; i++) read(bytes);
      expect(performance.now() - start).toBeLessThan(200);
    }
  });
});
