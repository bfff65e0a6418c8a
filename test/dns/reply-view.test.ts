import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { ReplyView } from "../../src/dns/reply-view.ts";
import { pointer, rawOpt, rawQuery, rawQuestion, rawRecord, wireName } from "../support/raw-query.ts";

const a = rawRecord(pointer(12), 1, Buffer.of(1, 2, 3, 4));
const flags = Flag.QR | Flag.RD | Flag.RA;
const ede = { code: 15, data: Buffer.of(0, 3, 120) };

/** Reads the message at the front and at an odd place of a larger buffer. */
function read(message: Buffer): ReplyView | null {
  const view = new ReplyView();
  const moved = Buffer.concat([Buffer.alloc(7, 0xc0), message, Buffer.alloc(5, 0xc0)]);
  const good = view.read(moved, 7, 7 + message.length);
  expect(new ReplyView().read(Buffer.from(message), 0, message.length)).toBe(good);
  return good ? view : null;
}

describe("a view of a reply", () => {
  it("finds the records and OPT", () => {
    const message = rawQuery({ flags: flags | 3, answers: [a], opt: { options: [ede, { code: 12 }, ede] } });
    const view = read(message)!;
    expect(view).toMatchObject({
      start: 7,
      end: 7 + message.length,
      flags: flags | 3,
      rcode: 3,
      errorsLength: 14,
    });
    expect(view.recordsAt).toBe(7 + 30);
    expect(view.optAt).toBe(7 + 30 + a.length);
    expect(view.optEnd).toBe(view.end);
  });

  it("has OPT at the end when there is none", () => {
    const view = read(rawQuery({ flags, answers: [a] }))!;
    expect([view.optAt, view.optEnd]).toEqual([view.end, view.end]);
  });

  it("puts the rcode together from header and OPT", () => {
    const opt = rawOpt();
    opt[5] = 1;
    expect(read(rawQuery({ flags: flags | 7, additionals: [opt] }))!.rcode).toBe(23);
  });

  it("leaves what stands behind the last record to nobody", () => {
    const message = rawQuery({ flags, answers: [a] });
    expect(read(Buffer.concat([message, Buffer.alloc(20, 1)]))!.end).toBe(7 + message.length);
    const withOpt = rawQuery({ flags, opt: {} });
    const view = read(Buffer.concat([withOpt, Buffer.of(0)]))!;
    expect([view.end, view.optEnd]).toEqual([7 + withOpt.length, 7 + withOpt.length]);
  });

  it("takes a reply without a question", () => {
    const view = read(Buffer.concat([rawQuery({ flags: flags | 1, counts: [0] }).subarray(0, 12)]))!;
    expect(view).toMatchObject({ rcode: 1, recordsAt: 19, end: 19 });
  });

  it.each([
    ["cut in its question", rawQuery({ flags }).subarray(0, 29)],
    ["cut in a record", rawQuery({ flags, answers: [a] }).subarray(0, 45)],
    ["with more questions promised than there are", rawQuery({ flags, counts: [2] })],
    ["with more records promised than there are", rawQuery({ flags, counts: [1, 1] })],
    ["with two OPT records", rawQuery({ flags, additionals: [rawOpt()], opt: {} })],
    ["with OPT in the answer section", rawQuery({ flags, answers: [rawOpt()] })],
    ["with OPT in the authority section", rawQuery({ flags, authorities: [rawOpt()] })],
    ["with OPT that is not at the root", rawQuery({ flags, opt: { owner: wireName("a") } })],
    ["with an option that overruns", rawQuery({ flags, opt: { rdata: Buffer.of(0, 15, 0, 9, 0, 0) } })],
    ["with an option cut short", rawQuery({ flags, opt: { rdata: Buffer.of(0, 15, 0) } })],
    [
      "with an owner that points to itself",
      rawQuery({ flags, answers: [rawRecord(pointer(30), 1, Buffer.alloc(4))] }),
    ],
    [
      "with an owner that points forward",
      rawQuery({ flags, answers: [rawRecord(pointer(40), 1, Buffer.alloc(4))] }),
    ],
  ])("refuses a message %s", (_, message) => {
    expect(read(message)).toBeNull();
  });

  it("takes two questions, which have their records behind both", () => {
    const view = read(rawQuery({ flags, questions: [rawQuestion("b")], answers: [a] }))!;
    expect(view.recordsAt).toBe(7 + 30 + 7);
  });

  it("forgets the message before", () => {
    const view = new ReplyView();
    const long = rawQuery({ flags: flags | 2, answers: [a, a], opt: { options: [ede] } });
    view.read(long, 0, long.length);
    const short = rawQuery({ flags });
    expect(view.read(short, 0, short.length)).toBe(true);
    expect(view).toMatchObject({ rcode: 0, errorsLength: 0, optAt: 30, optEnd: 30, end: 30, recordsAt: 30 });
  });
});
