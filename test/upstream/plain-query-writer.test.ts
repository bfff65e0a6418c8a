import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { decodeMessage } from "../../src/dns/message.ts";
import { plainQueryLength, writePlainQuery } from "../../src/upstream/plain-query-writer.ts";
import { rawQuery, wireName } from "../support/raw-query.ts";

test("a plain server sees the question, RD, AD, the client's CD and DO, and an OPT without options", () => {
  const names = fc
    .array(fc.string({ minLength: 1, maxLength: 20, unit: "binary-ascii" }), { maxLength: 8 })
    .map((labels) =>
      Buffer.concat([
        ...labels.flatMap((label) => [Buffer.of(label.length), Buffer.from(label)]),
        Buffer.of(0),
      ]),
    );
  const flags = fc.integer({ min: 0, max: 0xffff });
  const at = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(names, flags, fc.boolean(), at, (name, flags, dnssecOk, at) => {
      const bytes = rawQuery({
        name,
        type: 0x1234,
        flags,
        opt: { options: [{ code: 10, data: Buffer.alloc(8) }] },
      });
      const asked = { bytes, questionEnd: 12 + name.length + 4, flags, dnssecOk };
      const length = plainQueryLength(asked);
      const out = Buffer.alloc(at + length + 4, 0x5a);
      writePlainQuery(asked, out, at);
      expect(out.subarray(0, at + 2).every((byte) => byte === 0x5a)).toBe(true);
      expect(out.subarray(-4).every((byte) => byte === 0x5a)).toBe(true);
      const message = decodeMessage(out.subarray(at, at + length));
      expect(message.trailing).toBe(0);
      expect(message.flags).toBe(Flag.RD | Flag.AD | (flags & Flag.CD));
      expect(message.questions.map(({ name, type }) => [Buffer.from(name), type])).toEqual([[name, 0x1234]]);
      expect([message.answers, message.authorities, message.additionals]).toEqual([[], [], []]);
      expect(message.edns).toMatchObject({
        udpSize: 1232,
        version: 0,
        flags: dnssecOk ? 0x8000 : 0,
        options: [],
      });
    }),
  );
});

test("it is as short as can be: padding in the clear is not allowed (RFC 7830 section 6)", () => {
  const bytes = rawQuery({ name: wireName("a.test") });
  expect(plainQueryLength({ bytes, questionEnd: 24, flags: 0, dnssecOk: false })).toBe(24 + 11);
});
