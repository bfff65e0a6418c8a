import { expect, test } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { ageRecords } from "../../src/upstream/message-age.ts";
import { pointer, rawOpt, rawQuery, rawRecord } from "../support/raw-query.ts";

const address = Buffer.of(192, 0, 2, 1);
const record = (ttl: number): Buffer => rawRecord(pointer(12), 1, address, ttl);

test("the time in caches comes off every TTL, in every section, and never below 0", () => {
  const message = rawQuery({
    flags: 0x8180,
    answers: [record(600), record(100)],
    authorities: [record(250)],
    additionals: [record(251), rawOpt({ dnssecOk: true }), record(0xffff_ffff)],
  });
  const before = Buffer.from(message);
  const out = Buffer.concat([Buffer.alloc(5, 0xaa), message, Buffer.alloc(5, 0xaa)]);
  ageRecords(out, 5, 5 + message.length, 250);
  const { answers, authorities, additionals, edns } = decodeMessage(out.subarray(5, 5 + message.length));
  expect([answers, authorities, additionals].map((section) => section.map(({ ttl }) => ttl))).toEqual([
    [350, 0],
    [0],
    // What has the high bit set is 0 to begin with (RFC 2181 section 8).
    [1, 0],
  ]);
  expect(edns).toMatchObject({ flags: 0x8000, version: 0 });
  expect([out.subarray(0, 5), out.subarray(-5)]).toEqual([Buffer.alloc(5, 0xaa), Buffer.alloc(5, 0xaa)]);
  expect(out.length).toBe(before.length + 10);
});

test("a malformed message is changed up to where it is wrong, and nothing is thrown", () => {
  const whole = rawQuery({ flags: 0x8180, answers: [record(600), record(600)] });
  for (let length = 12; length <= whole.length; length++) {
    const bytes = Buffer.from(whole.subarray(0, length));
    ageRecords(bytes, 0, length, 100);
    expect(bytes.length).toBe(length);
  }
  const counts = rawQuery({ flags: 0x8180, answers: [record(600)], counts: [9, 1] });
  expect(() => ageRecords(counts, 0, counts.length, 1)).not.toThrow();
});
