import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutOpt } from "../../src/dns/cut-opt.ts";
import { Flag } from "../../src/dns/header.ts";
import { type DecodedMessage, decodeMessage, type ResourceRecord } from "../../src/dns/message.ts";
import { ReplyView } from "../../src/dns/reply-view.ts";
import { pointer, rawOpt, rawQuery, rawRecord, wireName } from "../support/raw-query.ts";
import { arbitraryRdata } from "../support/rr-arbitraries.ts";

/** The message without its OPT; null when it cannot be cut. The message lies at an odd place of a larger buffer. */
function cut(message: Buffer): Uint8Array | null {
  const view = new ReplyView();
  const moved = Buffer.concat([Buffer.alloc(5, 0xc0), message, Buffer.alloc(5, 0xc0)]);
  expect(view.read(moved, 5, 5 + message.length)).toBe(true);
  return cutOpt(view);
}

/** Decoded from plain bytes: parts of a Buffer are Buffers, which are equal to no Uint8Array. */
function decode(message: Uint8Array): DecodedMessage {
  return decodeMessage(Uint8Array.from(message));
}

/** RDATA of a type that may hold compressed names: what stands in front of them, how many names, what stands behind. */
const layouts: readonly (readonly [string, number, Buffer, number, Buffer])[] = [
  ["NS", 2, Buffer.alloc(0), 1, Buffer.alloc(0)],
  ["MD", 3, Buffer.alloc(0), 1, Buffer.alloc(0)],
  ["MF", 4, Buffer.alloc(0), 1, Buffer.alloc(0)],
  ["CNAME", 5, Buffer.alloc(0), 1, Buffer.alloc(0)],
  ["SOA", 6, Buffer.alloc(0), 2, Buffer.alloc(20, 0xc0)],
  ["MB", 7, Buffer.alloc(0), 1, Buffer.alloc(0)],
  ["MG", 8, Buffer.alloc(0), 1, Buffer.alloc(0)],
  ["MR", 9, Buffer.alloc(0), 1, Buffer.alloc(0)],
  ["PTR", 12, Buffer.alloc(0), 1, Buffer.alloc(0)],
  ["MINFO", 14, Buffer.alloc(0), 2, Buffer.alloc(0)],
  ["MX", 15, Buffer.of(0xc0, 0xff), 1, Buffer.alloc(0)],
  ["RP", 17, Buffer.alloc(0), 2, Buffer.alloc(0)],
  ["AFSDB", 18, Buffer.of(0, 1), 1, Buffer.alloc(0)],
  ["RT", 21, Buffer.of(0, 1), 1, Buffer.alloc(0)],
  ["PX", 26, Buffer.of(0, 1), 2, Buffer.alloc(0)],
  ["SRV", 33, Buffer.of(0xc0, 0xff, 0, 1, 0, 53), 1, Buffer.alloc(0)],
  ["NAPTR", 35, Buffer.from([0, 1, 0, 2, 1, 0x75, 3, 0xc0, 0xff, 0xc0, 0]), 1, Buffer.alloc(0)],
];

describe("OPT, cut out", () => {
  it.each(layouts)(
    "of the middle leaves the compressed names of %s what they were",
    (_, type, front, names, back) => {
      // Two records in front of OPT, three behind it; names behind it point to before OPT, behind it and across.
      const early = rawRecord(wireName("early.test"), 1, Buffer.alloc(4));
      const opt = rawOpt({ options: [{ code: 15, data: Buffer.alloc(300, 0xc0) }] });
      const lateAt = 30 + early.length + opt.length;
      const late = rawRecord(wireName("late.test"), 1, Buffer.alloc(4));
      for (const target of [12, 30, 30 + 6, lateAt, lateAt + 5]) {
        const name = Buffer.concat([Buffer.of(1, 0x78), pointer(target)]);
        const rdata = Buffer.concat([front, ...Array.from({ length: names }, () => name), back]);
        const tricky = rawRecord(name, type, rdata);
        const last = rawRecord(pointer(lateAt), 16, Buffer.of(3, 0xc0, 0x0c, 0xc0));
        const message = rawQuery({ flags: Flag.QR, additionals: [early, opt, late, tricky, last] });
        const without = cut(message)!;
        const before = decode(message);
        expect(decode(without)).toEqual({ ...before, edns: null });
        expect(without).toHaveLength(message.length - opt.length);
      }
    },
  );

  it("of any place of the additional section leaves the rest what it was", () => {
    const owner = fc.constantFrom<(at: number[]) => Buffer>(
      () => wireName("own.test"),
      (at) => pointer(at[at.length - 1]!),
      (at) => Buffer.concat([Buffer.of(2, 0x79, 0x79), pointer(at[0]!)]),
    );
    const data = fc
      .constantFrom(...arbitraryRdata.keys())
      .chain((type) => fc.tuple(fc.constant(type), arbitraryRdata.get(type)!));
    const record = fc.tuple(owner, data);
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 3 }),
        fc.array(record, { maxLength: 3 }),
        fc.array(record, { maxLength: 4 }),
        fc.nat(4),
        fc.uint8Array({ maxLength: 60 }),
        (answers, authorities, additionals, place, value) => {
          const starts = [12];
          let at = 30;
          const put = (bytes: Buffer): Buffer => {
            at += bytes.length;
            return bytes;
          };
          const build = (records: typeof answers): Buffer[] =>
            records.map(([owner, [type, rdata]]) => {
              const bytes = put(rawRecord(owner(starts), type, rdata));
              starts.push(at - bytes.length);
              return bytes;
            });
          const opt = rawOpt({ options: [{ code: 12, data: value }] });
          const sections = { answers: build(answers), authorities: build(authorities) };
          const where = Math.min(place, additionals.length);
          const last = [...build(additionals.slice(0, where)), put(opt), ...build(additionals.slice(where))];
          const message = rawQuery({ flags: Flag.QR, ...sections, additionals: last });
          const before = decode(message);
          expect(decode(cut(message)!)).toEqual({ ...before, edns: null });
        },
      ),
    );
  });

  it("is refused where a name points into it", () => {
    const opt = rawOpt();
    for (const target of [30, 31, 40]) {
      const behind = rawRecord(pointer(target), 1, Buffer.alloc(4));
      expect(cut(rawQuery({ flags: Flag.QR, additionals: [opt, behind] }))).toBeNull();
      const data = rawRecord(pointer(12), 5, pointer(target));
      expect(cut(rawQuery({ flags: Flag.QR, additionals: [opt, data] }))).toBeNull();
    }
  });

  it("is refused where a name does not fit its RDATA: the record behind it is not to be taken for a name", () => {
    // Preference and name of MX would reach into the next record, whose address looks like a pointer there.
    const broken = rawRecord(pointer(12), 15, Buffer.of(0));
    const next = rawRecord(pointer(12), 1, Buffer.of(0, 0, 0xc0, 70));
    expect(cut(rawQuery({ flags: Flag.QR, additionals: [rawOpt(), broken, next] }))).toBeNull();
  });

  it("gives a copy: the message itself stays", () => {
    const message = rawQuery({
      flags: Flag.QR,
      additionals: [rawOpt(), rawRecord(pointer(12), 2, pointer(12))],
    });
    const before = Buffer.from(message);
    const view = new ReplyView();
    view.read(message, 0, message.length);
    const records: readonly ResourceRecord[] = decodeMessage(cutOpt(view)!).additionals;
    expect(records).toHaveLength(1);
    expect(message.equals(before)).toBe(true);
  });
});
