import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readU32 } from "../../src/dns/header.ts";
import { RecordCursor } from "../../src/dns/records.ts";
import { boundedTtl, boundTtlHere } from "../../src/dns/ttl-bounds.ts";
import { pointer, rawOpt, rawQuery, rawRecord } from "../support/raw-query.ts";

describe("a TTL", () => {
  it.each([
    [0, 0],
    [1, 1],
    [65_535, 65_535],
    [65_536, 65_536],
    [604_799, 604_799],
    [604_800, 604_800],
    [604_801, 604_800],
    [0x7fffffff, 604_800],
    [0x80000000, 0],
    [0xffffffff, 0],
  ])("of %i is taken as %i", (ttl, taken) => {
    expect(boundedTtl(ttl)).toBe(taken);
  });

  it("is bounded in every section, and no other byte is touched, least of all in OPT", () => {
    const ttl = fc.oneof(fc.nat(0xffffffff), fc.nat(0x1ffff), fc.constantFrom(604_800, 604_801, 0x80000000));
    const records = fc.array(ttl, { maxLength: 3 });
    fc.assert(
      fc.property(records, records, records, fc.nat(255), fc.nat(0x7fff), (an, ns, ar, version, z) => {
        const make = (ttls: number[]): Buffer[] =>
          ttls.map((one) => rawRecord(pointer(12), 1, Buffer.alloc(4, 9), one));
        const opt = rawOpt({ version, z, dnssecOk: true });
        const parts = (bound: (one: number) => number): Buffer =>
          rawQuery({
            answers: make(an.map(bound)),
            authorities: make(ns.map(bound)),
            additionals: [...make(ar.map(bound)), opt, ...make(ar.map(bound))],
          });
        const bytes = parts((one) => one);
        const cursor = new RecordCursor();
        cursor.reset(bytes, 0, bytes.length, 30);
        while (cursor.next()) boundTtlHere(cursor);
        expect(bytes.equals(parts(boundedTtl))).toBe(true);
      }),
    );
  });

  it("is written as four bytes", () => {
    const bytes = rawQuery({ answers: [rawRecord(pointer(12), 1, Buffer.alloc(4), 0x00ffffff)] });
    const cursor = new RecordCursor();
    cursor.reset(bytes, 0, bytes.length, 30);
    cursor.next();
    boundTtlHere(cursor);
    expect(readU32(bytes, cursor.typeAt + 4)).toBe(604_800);
  });
});
