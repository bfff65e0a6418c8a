import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { decodeMessage } from "../../src/dns/message.ts";
import { Form, type ForwardedQuestion, queryLength, writeQuery } from "../../src/upstream/query-writer.ts";

/** A question of a client: a name of `length` bytes in wire form (1 to 255), type and class, in a message of its own. */
function question(length: number, change: Partial<ForwardedQuestion> = {}): ForwardedQuestion {
  const name: number[] = [];
  let left = length - 1;
  while (left > 0) {
    // A label takes its length and at least one byte: never leave room for a lone length.
    let label = Math.min(63, left - 1);
    if (left - 1 - label === 1) label--;
    name.push(label, ...Array.from({ length: label }, (_, at) => 65 + (at % 26) + (at % 2) * 32));
    left -= 1 + label;
  }
  const bytes = Uint8Array.of(
    0xab,
    0xcd,
    0xff,
    0xff,
    9,
    9,
    9,
    9,
    9,
    9,
    9,
    9,
    ...name,
    0,
    0x12,
    0x34,
    0,
    1,
    0xee,
  );
  return { bytes, questionEnd: 12 + name.length + 1 + 4, flags: 0, dnssecOk: false, ...change };
}

function written(asked: ForwardedQuestion, at = 0, form: number = Form.TLS, edns = true): Buffer {
  const out = Buffer.alloc(at + queryLength(asked, form, edns) + 8, 0x5a);
  out.writeUInt16BE(0x1234, at);
  writeQuery(asked, out, at, form, edns);
  expect(out.subarray(0, at).every((byte) => byte === 0x5a)).toBe(true);
  expect(out.subarray(-8).every((byte) => byte === 0x5a)).toBe(true);
  return out.subarray(at, -8);
}

/** 2 is no length of a name: a label has at least one byte. */
const lengths = Array.from({ length: 255 }, (_, at) => at + 1).filter((length) => length !== 2);

describe("the query that a server sees", () => {
  test("is whole, and a multiple of 128 bytes, for every length of a name", () => {
    for (const length of lengths) {
      const asked = question(length);
      const bytes = written(asked, length % 7);
      expect(bytes.length % 128).toBe(0);
      const message = decodeMessage(bytes);
      expect(message.trailing).toBe(0);
      expect(message.questions).toEqual([
        { name: asked.bytes.slice(12, asked.questionEnd - 4), type: 0x1234, class: 1 },
      ]);
      expect([message.answers, message.authorities, message.additionals]).toEqual([[], [], []]);
      const { edns } = message;
      expect(edns?.options.map(({ code }) => code)).toEqual([11, 8, 12]);
      const padding = edns!.options[2]!.data;
      // No more than is needed (RFC 8467 section 4.1), and zeros (RFC 7830 section 3).
      expect(padding.length).toBeLessThan(128);
      expect(padding.every((byte) => byte === 0)).toBe(true);
    }
  });

  test("of all usual names have one size", () => {
    const sizes = lengths
      .filter((length) => length < 80)
      .map((length) => queryLength(question(length), Form.TLS, true));
    expect(new Set(sizes)).toEqual(new Set([128]));
    expect(queryLength(question(255), Form.TLS, true)).toBe(384);
  });

  test("asks that no subnet of the client is passed on (RFC 7871 section 7.1.2)", () => {
    const { edns } = decodeMessage(written(question(20)));
    // Family 1, source and scope prefix length 0, no address.
    expect([...edns!.options[1]!.data]).toEqual([0, 1, 0, 0]);
  });

  test("has an OPT of our own: version 0, 1232 bytes, DO as the client had it, no other flag", () => {
    expect(decodeMessage(written(question(20))).edns).toMatchObject({ udpSize: 1232, version: 0, flags: 0 });
    const withDo = decodeMessage(written(question(20, { dnssecOk: true }))).edns;
    expect(withDo).toMatchObject({ udpSize: 1232, version: 0, flags: 0x8000, extendedRcode: 0 });
  });

  test("carries RD, AD and the client's CD, whatever else the client had set", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 3, max: 255 }), (flags, length) => {
        const message = decodeMessage(written(question(length, { flags })));
        expect(message.flags).toBe(Flag.RD | Flag.AD | (flags & Flag.CD));
        expect(message.id).toBe(0x1234);
      }),
    );
  });

  test("has the question byte for byte, its case too, and nothing from behind it", () => {
    const asked = question(40);
    const bytes = written(asked);
    expect(bytes.subarray(12, asked.questionEnd)).toEqual(
      Buffer.from(asked.bytes.subarray(12, asked.questionEnd)),
    );
    expect(bytes[asked.questionEnd]).toBe(0);
  });

  test("asks for the server's patience over TLS and TCP with an empty option (RFC 7828 section 3.2.1), nowhere else", () => {
    const codes = [Form.TLS, Form.HTTP, Form.TCP, Form.UDP].map((form) =>
      decodeMessage(written(question(20), 0, form)).edns!.options.map(({ code, data }) =>
        code === 11 ? `11 ${data.length}` : code,
      ),
    );
    expect(codes).toEqual([["11 0", 8, 12], [8, 12], ["11 0"], []]);
  });

  test("is padded over TLS and HTTPS only (RFC 7830 section 6), and whole on every way", () => {
    for (const length of lengths) {
      const bare = 12 + length + 4 + 11;
      const padded = Math.ceil((bare + 4 + 8 + 4) / 128) * 128;
      const paddedHttp = Math.ceil((bare + 8 + 4) / 128) * 128;
      const all = [Form.TLS, Form.HTTP, Form.TCP, Form.UDP].map((form) => written(question(length), 3, form));
      expect(all.map((bytes) => bytes.length)).toEqual([padded, paddedHttp, bare + 4, bare]);
      expect(all.map((bytes) => decodeMessage(bytes).trailing)).toEqual([0, 0, 0, 0]);
    }
  });

  test("without EDNS is the question alone, on every way", () => {
    for (const form of [Form.TLS, Form.HTTP, Form.TCP, Form.UDP]) {
      const asked = question(30, { dnssecOk: true });
      const bytes = written(asked, 3, form, false);
      expect(bytes.length).toBe(asked.questionEnd);
      expect(decodeMessage(bytes)).toMatchObject({ edns: null, trailing: 0, additionals: [] });
    }
  });
});
