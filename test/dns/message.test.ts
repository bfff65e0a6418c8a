import * as dnsPacket from "dns-packet";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import type { Message, ResourceRecord } from "../../src/dns/message.ts";
import { decodeMessage, encodeMessage, messageRcode } from "../../src/dns/message.ts";
import { parseName } from "../../src/dns/name.ts";
import { RrType } from "../../src/dns/rrtype.ts";
import { WireError } from "../../src/dns/text-errors.ts";
import { arbitraryName } from "../support/rr-arbitraries.ts";
import { unlessRefused } from "../support/unless-refused.ts";
import { vectors } from "../support/vectors.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));

const empty: Message = {
  id: 0x1234,
  flags: Flag.QR,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  edns: null,
};

const aVector = fc.constantFrom(...vectors);

const arbitraryRecord: fc.Arbitrary<ResourceRecord> = fc
  .record({
    name: arbitraryName,
    vector: aVector,
    ttl: fc.nat({ max: 0xffffffff }),
    class: fc.constantFrom(1, 3, 4660),
  })
  .map(({ name, vector, ttl, class: rrclass }) => ({
    name: Uint8Array.from(name),
    type: vector.type,
    class: rrclass,
    ttl,
    rdata: Uint8Array.from(vector.rdata),
  }));

const arbitraryMessage: fc.Arbitrary<Message> = fc.record({
  id: fc.nat({ max: 0xffff }),
  flags: fc.nat({ max: 0xffff }),
  questions: fc.array(
    fc.record({
      name: arbitraryName.map((name) => Uint8Array.from(name)),
      type: fc.nat({ max: 0xffff }),
      class: fc.nat({ max: 0xffff }),
    }),
    { maxLength: 2 },
  ),
  answers: fc.array(arbitraryRecord, { maxLength: 5 }),
  authorities: fc.array(arbitraryRecord, { maxLength: 3 }),
  additionals: fc.array(arbitraryRecord, { maxLength: 3 }),
  edns: fc.option(
    fc.record({
      udpSize: fc.nat({ max: 0xffff }),
      extendedRcode: fc.nat({ max: 0xff }),
      version: fc.nat({ max: 0xff }),
      flags: fc.nat({ max: 0xffff }),
      options: fc.array(
        fc.record({ code: fc.nat({ max: 0xffff }), data: fc.uint8Array({ maxLength: 40 }) }),
        { maxLength: 3 },
      ),
    }),
  ),
});

function withoutTrailing(bytes: Uint8Array): Message {
  const { trailing, ...message } = decodeMessage(bytes);
  expect(trailing).toBe(0);
  return message;
}

describe("a message", () => {
  it("is the same after encoding and decoding, whatever is in it", () => {
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        expect(withoutTrailing(encodeMessage(message))).toEqual(message);
      }),
    );
  });

  it("holds each kind of record byte for byte", () => {
    for (const { owner, type, rdata } of vectors) {
      const record = { name: parseName(owner), type, class: 1, ttl: 60, rdata: Uint8Array.from(rdata) };
      const message = { ...empty, answers: [record, record] };
      expect(withoutTrailing(encodeMessage(message))).toEqual(message);
    }
  });

  it("is read by another decoder as well", () => {
    const name = parseName("www.example.com.");
    const bytes = encodeMessage({
      ...empty,
      questions: [{ name, type: RrType.MX, class: 1 }],
      answers: [
        {
          name,
          type: RrType.MX,
          class: 1,
          ttl: 300,
          rdata: hex("000a 03777777 076578616d706c65 03636f6d 00"),
        },
      ],
      authorities: [
        {
          name: parseName("example.com."),
          type: RrType.NS,
          class: 1,
          ttl: 1,
          rdata: parseName("ns.example.com."),
        },
      ],
    });
    const decoded = dnsPacket.decode(Buffer.from(bytes));
    expect(decoded.answers).toMatchObject([{ data: { preference: 10, exchange: "www.example.com" } }]);
    expect(decoded.authorities).toMatchObject([{ name: "example.com", data: "ns.example.com" }]);
    // Header, question, then 2-byte owners; the MX name is a pointer, the NS name a label and a pointer.
    expect(bytes.length).toBe(12 + 21 + (2 + 10 + 4) + (2 + 10 + 5));
  });

  it("compresses no name whose case differs, for no letter may change", () => {
    const names = ["Example.COM.", "example.com."].map((text) => parseName(text));
    const message = { ...empty, questions: names.map((name) => ({ name, type: 1, class: 1 })) };
    expect(withoutTrailing(encodeMessage(message)).questions.map(({ name }) => name)).toEqual(names);
  });

  it("compresses no name inside types that came after RFC 1035", () => {
    const target = parseName("www.example.com.");
    const rdata = Uint8Array.from([0, 1, 0, 2, 0, 3, ...target]);
    const record = { name: target, type: RrType.SRV, class: 1, ttl: 1, rdata };
    expect(encodeMessage({ ...empty, answers: [record] }).length).toBe(12 + 17 + 10 + rdata.length);
  });

  it("points to nothing that begins at or after byte 16384", () => {
    const filler = {
      name: parseName("."),
      type: 65_280,
      class: 1,
      ttl: 1,
      rdata: new Uint8Array(16_384 - 12 - 11),
    };
    const late = { name: parseName("late.example."), type: 1, class: 1, ttl: 1, rdata: hex("c0000201") };
    const message = { ...empty, answers: [filler, late, late] };
    const bytes = encodeMessage(message);
    expect(bytes.length).toBe(16_384 + 2 * (14 + 10 + 4));
    expect(withoutTrailing(bytes)).toEqual(message);
  });

  it("points to the last place that can be pointed to", () => {
    const filler = {
      name: parseName("."),
      type: 65_280,
      class: 1,
      ttl: 1,
      rdata: new Uint8Array(16_383 - 12 - 11),
    };
    const late = { name: parseName("late."), type: 1, class: 1, ttl: 1, rdata: hex("c0000201") };
    const message = { ...empty, answers: [filler, late, late] };
    const bytes = encodeMessage(message);
    expect(bytes.length).toBe(16_383 + (6 + 14) + (2 + 14));
    expect(withoutTrailing(bytes)).toEqual(message);
  });

  it("writes RDATA that does not fit its type as it is", () => {
    for (const rdata of ["", "01", "3f61", "ff00", "000a05616263"].map(hex)) {
      const record = { name: parseName("x."), type: RrType.MX, class: 1, ttl: 1, rdata };
      expect(encodeMessage({ ...empty, answers: [record] }).slice(12 + 3 + 10)).toEqual(rdata);
    }
  });

  it("of more than 65535 bytes is refused", () => {
    const record = { name: parseName("."), type: 65_280, class: 1, ttl: 1, rdata: new Uint8Array(40_000) };
    expect(() => encodeMessage({ ...empty, answers: [record, record] })).toThrow(WireError);
  });

  it("has a response code of twelve bits", () => {
    const edns = { udpSize: 0, extendedRcode: 1, version: 0, flags: 0, options: [] };
    expect(messageRcode({ ...empty, flags: 0x8187, edns })).toBe(23);
    expect(messageRcode({ ...empty, flags: 0x8183 })).toBe(3);
  });
});

describe("hostile bytes", () => {
  const header = (counts: string): string => `1234 8180 ${counts}`;
  const opt = "00 0029 04d0 00000000 0000";

  it.each([
    ["nothing", ""],
    ["half a header", "1234 8180"],
    ["a question that is not there", header("0001 0000 0000 0000")],
    ["65535 records that are not there", header("0000 ffff 0000 0000")],
    ["a name that points to itself", `${header("0001 0000 0000 0000")} c00c 0001 0001`],
    ["a name that points forward", `${header("0001 0000 0000 0000")} c00e 0001 0001`],
    ["a reserved label", `${header("0001 0000 0000 0000")} 40 0001 0001`],
    ["RDATA over the end", `${header("0000 0001 0000 0000")} 00 0001 0001 00000000 0005 c0000201`],
    ["two OPT records", `${header("0000 0000 0000 0002")} ${opt} ${opt}`],
    ["an OPT record with a name", `${header("0000 0000 0000 0001")} 0161 ${opt}`],
    ["an option over the end", `${header("0000 0000 0000 0001")} 00 0029 04d0 00000000 0004 00030001`],
    ["half an option", `${header("0000 0000 0000 0001")} 00 0029 04d0 00000000 0002 0003`],
  ])("with %s are refused", (_, bytes) => {
    expect(() => decodeMessage(hex(bytes))).toThrow(WireError);
  });

  it("behind the message are counted", () => {
    expect(decodeMessage(hex(`${header("0000 0000 0000 0000")} 010203`)).trailing).toBe(3);
  });

  it("of a good message cut anywhere are refused", () => {
    fc.assert(
      fc.property(arbitraryMessage, fc.nat(), (message, place) => {
        const bytes = encodeMessage(message);
        expect(() => decodeMessage(bytes.subarray(0, place % bytes.length))).toThrow(WireError);
      }),
    );
  });

  it("of a good message with bytes changed are read or refused, and never hang", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(arbitraryMessage, changes, (message, edits) => {
        const bytes = encodeMessage(message);
        for (const [place, value] of edits) bytes[place % bytes.length] = value;
        const again = unlessRefused(WireError, () => decodeMessage(bytes));
        expect(again?.id ?? message.id).toBeTypeOf("number");
      }),
      { numRuns: 2000 },
    );
  });
});
