import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fragmentOf } from "../../src/observe/fragments.ts";
import { LineBytes } from "../../src/observe/line-bytes.ts";

describe("bytes of lines", () => {
  it("are those of the fragments, whatever is in them, and grow as they must", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 5000 })), (texts) => {
        const bytes = new LineBytes();
        for (const text of texts) bytes.fragment(fragmentOf(text));
        for (const text of texts) bytes.text(text);
        expect(bytes.written.equals(Buffer.from(texts.join("").repeat(2)))).toBe(true);
      }),
    );
  });

  it("keep the bits of a fragment that would be a number without end or none", () => {
    const text = "\u007f\u{1f600}\u0000\u007f\u007f\u007f\u{10ffff}\u0000\u0000\u0000\u0000\u007f";
    const bytes = new LineBytes();
    for (let shift = 0; shift < 8; shift++) bytes.fragment(fragmentOf(" ".repeat(shift) + text));
    const expected = Array.from({ length: 8 }, (_, shift) => " ".repeat(shift) + text).join("");
    expect(bytes.written.toString()).toBe(expected);
  });

  it("hold numbers as JSON has them", () => {
    const numbers = fc.oneof(fc.nat(2000), fc.nat(), fc.constantFrom(9, 10, 99, 100, 999, 1000, 0x7fff_ffff));
    fc.assert(
      fc.property(numbers, (number) => {
        const bytes = new LineBytes();
        bytes.fragment(fragmentOf(":"));
        bytes.number(number);
        bytes.fragment(fragmentOf(","));
        expect(bytes.thousandths(number)).toBe(true);
        bytes.fragment(fragmentOf(","));
        bytes.threeDigits(number % 1000);
        const padded = String(number % 1000).padStart(3, "0");
        expect(bytes.written.toString()).toBe(`:${number},${JSON.stringify(number / 1000)},${padded}`);
      }),
    );
  });

  it("hold no number that is too large, below zero or none", () => {
    const bytes = new LineBytes();
    for (const value of [-1, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(bytes.thousandths(value)).toBe(false);
      expect(bytes.length).toBe(0);
    }
  });
});
