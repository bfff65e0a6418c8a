import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Kind } from "../../src/cache/kind.ts";
import { Lifetime, type TtlLimits } from "../../src/cache/lifetime.ts";
import { Flag, readU32 } from "../../src/dns/header.ts";
import { RecordCursor } from "../../src/dns/records.ts";
import { ReplyView } from "../../src/dns/reply-view.ts";
import { pointer, type RawQuery, rawQuery, rawRecord, wireName } from "../support/raw-query.ts";

const limits: TtlLimits = { minTtl: 0, maxTtl: 86_400, negativeTtl: 3600 };
const RESPONSE = Flag.QR | Flag.RD | Flag.RA;
const NAME = "www.example.test";
const owner = pointer(12);

function a(ttl: number, last = 1): Buffer {
  return rawRecord(owner, 1, Buffer.of(192, 0, 2, last), ttl);
}

function cname(ttl: number): Buffer {
  return rawRecord(owner, 5, wireName("real.example.test"), ttl);
}

function soa(ttl: number, minimum: number): Buffer {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(minimum, 16);
  return rawRecord(pointer(16), 6, Buffer.concat([wireName("ns.test"), wireName("who.test"), numbers]), ttl);
}

interface Told {
  kind: number;
  seconds: number;
  everyType: boolean;
  /** Of the records in their order, OPT's among them, after reading. */
  ttls: number[];
}

function lifetimeOf(
  message: RawQuery,
  { type = 1, change = {} }: { type?: number; change?: Partial<TtlLimits> } = {},
): Told {
  const bytes = rawQuery({ flags: RESPONSE, name: NAME, type, ...message });
  const view = new ReplyView();
  expect(view.read(bytes, 0, bytes.length)).toBe(true);
  const lifetime = new Lifetime();
  const question = { type, questionEnd: 12 + wireName(NAME).length + 4 };
  lifetime.read(view, question, { ...limits, ...change });
  const told = (): Told => {
    const { kind, seconds, everyType } = lifetime;
    return { kind, seconds, everyType, ttls: ttlsOf(view) };
  };
  const first = told();
  // A second worker, or a second look, changes nothing.
  lifetime.read(view, question, { ...limits, ...change });
  expect(told()).toEqual(first);
  return first;
}

function ttlsOf(view: ReplyView): number[] {
  const cursor = new RecordCursor();
  cursor.reset(view.bytes, view.start, view.end, view.recordsAt);
  const ttls: number[] = [];
  while (cursor.next()) ttls.push(readU32(cursor.bytes, cursor.typeAt + 4));
  return ttls;
}

describe("the lifetime of an answer with records", () => {
  it("is the lowest TTL of all sections", () => {
    const told = lifetimeOf({ answers: [a(300)], authorities: [soa(200, 10)], additionals: [a(250)] });
    expect(told).toEqual({ kind: Kind.POSITIVE, seconds: 200, everyType: false, ttls: [300, 200, 250] });
  });

  it("does not look at the bytes of OPT that are no TTL, and leaves them alone", () => {
    const told = lifetimeOf({ answers: [a(300)], opt: { dnssecOk: true } }, { change: { maxTtl: 100 } });
    expect(told).toMatchObject({ seconds: 100, ttls: [100, 0x8000] });
  });

  it("is none with TTL 0, whatever the minimum", () => {
    expect(lifetimeOf({ answers: [a(0)] }, { change: { minTtl: 60 } })).toMatchObject({
      kind: -1,
      ttls: [0],
    });
  });

  it("is none when one TTL has its high bit set, which means 0", () => {
    expect(lifetimeOf({ answers: [a(300), a(0x80000001)] }).kind).toBe(-1);
  });

  it("is within the bounds, and so is what the client sees", () => {
    const told = lifetimeOf({ answers: [cname(5), a(90_000)] }, { change: { minTtl: 60 } });
    expect(told).toMatchObject({ kind: Kind.POSITIVE, seconds: 60, ttls: [60, 86_400] });
  });

  it("is one for a set: its records get the lowest TTL among them (RFC 2181 section 5.2)", () => {
    const signature = rawRecord(owner, 46, Buffer.alloc(20), 400);
    const other = rawRecord(wireName("other.test"), 1, Buffer.of(192, 0, 2, 9), 77);
    const told = lifetimeOf({
      answers: [
        cname(500),
        a(300, 1),
        a(100, 2),
        a(200, 3),
        signature,
        rawRecord(owner, 46, Buffer.alloc(20), 90),
      ],
      additionals: [a(600), other],
    });
    expect(told).toMatchObject({ seconds: 77, ttls: [500, 100, 100, 100, 400, 90, 600, 77] });
  });

  it("holds for an alias with what it leads to", () => {
    expect(lifetimeOf({ answers: [cname(20), a(300)] })).toMatchObject({ kind: Kind.POSITIVE, seconds: 20 });
  });

  it("is never longer than the lowest TTL, nor than the bounds allow", () => {
    const ttl = fc.nat({ max: 604_800 });
    fc.assert(
      fc.property(fc.array(ttl, { minLength: 1, maxLength: 9 }), ttl, ttl, (ttls, min, max) => {
        const change = { minTtl: Math.min(min, max), maxTtl: max };
        const told = lifetimeOf({ answers: ttls.map((one, i) => a(one, i)) }, { change });
        const lowest = Math.min(...ttls);
        const expected = lowest === 0 ? 0 : Math.min(max, Math.max(change.minTtl, lowest, 0));
        expect(told.seconds).toBe(expected);
        // One set: all of them are equal.
        expect(new Set(told.ttls)).toEqual(new Set([expected]));
      }),
    );
  });
});

describe("the lifetime of what is not there", () => {
  it("is the lower of the SOA's TTL and its MINIMUM, which becomes the SOA's TTL (RFC 2308 section 5)", () => {
    expect(lifetimeOf({ authorities: [soa(600, 40)] })).toEqual({
      kind: Kind.NODATA,
      seconds: 40,
      everyType: false,
      ttls: [40],
    });
    expect(lifetimeOf({ flags: RESPONSE | 3, authorities: [soa(30, 600)] })).toEqual({
      kind: Kind.NXDOMAIN,
      seconds: 30,
      everyType: true,
      ttls: [30],
    });
  });

  it("has a bound of its own, and no minimum", () => {
    const change = { negativeTtl: 50, minTtl: 10 };
    expect(lifetimeOf({ authorities: [soa(9000, 9000)] }, { change })).toMatchObject({
      seconds: 50,
      ttls: [50],
    });
    expect(lifetimeOf({ authorities: [soa(9000, 3)] }, { change })).toMatchObject({ seconds: 3, ttls: [3] });
  });

  it.each([
    ["there is no SOA", { answers: [] }],
    ["it is a referral", { authorities: [rawRecord(pointer(16), 2, wireName("ns.test"))] }],
    ["an alias leads nowhere and no SOA says why", { answers: [cname(300)] }],
    ["MINIMUM is 0", { authorities: [soa(300, 0)] }],
    ["MINIMUM has its high bit set", { authorities: [soa(300, 0x80000000)] }],
    ["the SOA is cut short", { authorities: [rawRecord(pointer(16), 6, Buffer.of(0, 0, 0, 9))] }],
    ["the SOA stands in the wrong section", { additionals: [soa(300, 300)] }],
  ])("is none when %s", (_, message: RawQuery) => {
    expect(lifetimeOf(message).kind).toBe(-1);
    expect(lifetimeOf({ ...message, flags: RESPONSE | 3 }).kind).toBe(-1);
  });

  it("is none when negative answers are not to be kept", () => {
    const change = { negativeTtl: 0 };
    expect(lifetimeOf({ authorities: [soa(300, 300)] }, { change }).kind).toBe(-1);
    expect(lifetimeOf({ answers: [a(300)], authorities: [soa(300, 300)] }, { change }).kind).toBe(
      Kind.POSITIVE,
    );
  });

  it("ends with the alias that led there", () => {
    expect(lifetimeOf({ answers: [cname(20)], authorities: [soa(300, 300)] })).toMatchObject({
      kind: Kind.NODATA,
      seconds: 20,
    });
  });

  it("is about the alias's target behind an alias: the name itself is there, for that type", () => {
    const told = lifetimeOf({ flags: RESPONSE | 3, answers: [cname(60)], authorities: [soa(300, 300)] });
    expect(told).toMatchObject({ kind: Kind.NXDOMAIN, seconds: 60, everyType: false });
  });

  it("holds for DS alone when DS was asked: the parent said it", () => {
    const told = lifetimeOf({ flags: RESPONSE | 3, authorities: [soa(300, 300)] }, { type: 43 });
    expect(told).toMatchObject({ kind: Kind.NXDOMAIN, everyType: false });
  });
});

describe("what is never kept", () => {
  it.each([
    ["a truncated answer", { flags: RESPONSE | Flag.TC, answers: [a(300)] }],
    ["REFUSED", { flags: RESPONSE | 5, authorities: [soa(300, 300)] }],
    ["FORMERR", { flags: RESPONSE | 1 }],
    ["NOTIMP", { flags: RESPONSE | 4 }],
    ["YXDOMAIN", { flags: RESPONSE | 6, answers: [a(300)] }],
    ["an answer to another question", { name: "longer.example.test", answers: [a(300)] }],
  ])("%s", (_, message: RawQuery) => {
    expect(lifetimeOf(message).kind).toBe(-1);
  });

  it.each([0, 41, 128, 249, 250, 251, 252, 253, 254, 255])(
    "type %i, which asks for no data of one type",
    (type) => {
      const record = rawRecord(owner, type === 255 ? 1 : type, Buffer.of(1, 2, 3, 4));
      expect(lifetimeOf({ answers: type === 41 ? [a(300)] : [record] }, { type }).kind).toBe(-1);
    },
  );

  it("type 256 and those behind it are data", () => {
    expect(lifetimeOf({ answers: [rawRecord(owner, 256, Buffer.of(1))] }, { type: 256 }).kind).toBe(
      Kind.POSITIVE,
    );
  });

  it("SERVFAIL is a failure, with its question or without", () => {
    expect(lifetimeOf({ flags: RESPONSE | 2 })).toMatchObject({ kind: Kind.FAILURE, seconds: 0 });
    const bytes = rawQuery({ flags: RESPONSE | 2, counts: [0] }).subarray(0, 12);
    const view = new ReplyView();
    view.read(bytes, 0, 12);
    const lifetime = new Lifetime();
    lifetime.read(view, { type: 1, questionEnd: 30 }, limits);
    expect(lifetime.kind).toBe(Kind.FAILURE);
  });
});
