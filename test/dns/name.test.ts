import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalNames, formatName, parseName, readName } from "../../src/dns/name.ts";
import { PresentationError, WireError } from "../../src/dns/text-errors.ts";
import { arbitraryName } from "../support/rr-arbitraries.ts";
import { unlessRefused } from "../support/unless-refused.ts";

function wire(...labels: readonly string[]): Buffer {
  const parts = labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, "latin1")]));
  return Buffer.concat([...parts, Buffer.of(0)]);
}

describe("names in text", () => {
  it.each([
    [".", wire()],
    ["www.Example.", wire("www", "Example")],
    [String.raw`a\.b.c.`, wire("a.b", "c")],
    [String.raw`\"\(\)\;\\\@\$.`, wire('"();\\@$')],
    [String.raw`\000\032!~\127\255.`, wire("\u0000 !~\u007f\u00ff")],
    ["_dmarc.xn--bcher-kva.*.", wire("_dmarc", "xn--bcher-kva", "*")],
  ])("%s is printed and read", (text, name) => {
    expect(formatName(name)).toBe(text);
    expect(Buffer.from(parseName(text))).toEqual(name);
  });

  it("are read from the middle of bytes", () => {
    expect(formatName(wire("a", "b"), 2)).toBe("b.");
  });

  it("may have escapes that are not needed, and UTF-8", () => {
    expect(formatName(parseName(String.raw`\a\046\-.`))).toBe(String.raw`a\.-.`);
    expect(formatName(parseName("é."))).toBe(String.raw`\195\169.`);
  });

  it("without a final dot are below the origin, and @ is the origin", () => {
    const origin = parseName("example.");
    expect(formatName(parseName("www", origin))).toBe("www.example.");
    expect(formatName(parseName(String.raw`a\.`, origin))).toBe(String.raw`a\..example.`);
    expect(formatName(parseName("@", origin))).toBe("example.");
    expect(formatName(parseName(String.raw`\@`, origin))).toBe(String.raw`\@.example.`);
  });

  it("may have labels of 63 bytes and 255 bytes in all", () => {
    const longest = `${`${"a".repeat(63)}.`.repeat(3)}${"b".repeat(61)}.`;
    expect(parseName(longest)).toHaveLength(255);
    expect(formatName(parseName(longest))).toBe(longest);
  });

  it.each([
    ["", "a name is empty"],
    ["www", 'the name "www" is relative and there is no origin'],
    ["@", 'the name "@" is relative and there is no origin'],
    ["a..b.", 'the name "a..b." has an empty label'],
    [".a.", 'the name ".a." has an empty label'],
    ["a..", 'the name "a.." has an empty label'],
    [`${"a".repeat(64)}.`, `the name "${"a".repeat(64)}." has a label longer than 63 bytes`],
    [String.raw`a\256.`, String.raw`\256 is over 255`],
    [String.raw`a\25.`, "a backslash before a digit needs three digits"],
    [String.raw`a\2`, "a backslash before a digit needs three digits"],
    ["a\\", "the text ends in a lone backslash"],
  ])("are refused: %s", (text, message) => {
    const attempt = (): Uint8Array => parseName(text);
    expect(attempt).toThrow(PresentationError);
    expect(attempt).toThrow(expect.objectContaining({ message, code: "ERR_DOTLS_BAD_TEXT" }));
  });

  it("are refused over 255 bytes, with the origin or without", () => {
    const labels = `${"a".repeat(63)}.`.repeat(3);
    expect(() => parseName(`${labels}${"b".repeat(62)}.`)).toThrow("longer than 255 bytes");
    expect(() => parseName(`${labels}${"b".repeat(59)}`, parseName("c."))).not.toThrow();
    expect(() => parseName(`${labels}${"b".repeat(60)}`, parseName("c."))).toThrow("longer than 255 bytes");
  });

  it("come back as the same bytes, and bytes as printable text", () => {
    fc.assert(
      fc.property(arbitraryName, (name) => {
        const text = formatName(name);
        expect(text).toMatch(/^[!-~]+\.$|^\.$/);
        expect(Buffer.from(parseName(text))).toEqual(Buffer.from(name));
      }),
    );
  });

  it("that are arbitrary text give a name or a PresentationError", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const name = unlessRefused(PresentationError, () => parseName(text, wire("origin"))) ?? wire();
        expect(readName(name, 0)).toEqual({ name: Uint8Array.from(name), end: name.length });
      }),
    );
  });
});

describe("names in messages", () => {
  const message = Buffer.concat([wire("www", "Example"), Buffer.from("\u0003ftp\u00c0\u0004rest", "latin1")]);

  it("are read plain and through pointers, with the case kept", () => {
    expect(formatName(readName(message, 0).name)).toBe("www.Example.");
    expect(readName(message, 0).end).toBe(13);
    expect(formatName(readName(message, 13).name)).toBe("ftp.Example.");
    expect(readName(message, 13).end).toBe(19);
  });

  it.each([
    ["a name cut off before its root", "0161"],
    ["a label cut off", "0361"],
    ["a pointer cut off", "0161c0"],
    ["nothing at all", ""],
    ["a pointer to itself", "c000"],
    ["a pointer forward", "c00200"],
    ["a pointer to its own labels", "0161c000"],
    ["a label type of the past", "4161"],
    ["a label type that never was", "8161"],
  ])("are refused: %s", (_, hex) => {
    const attempt = (): unknown => readName(Buffer.from(hex, "hex"), 0);
    expect(attempt).toThrow(WireError);
    expect(attempt).toThrow(expect.objectContaining({ code: "ERR_DOTLS_BAD_WIRE" }));
  });

  it("are refused when two pointers point at each other", () => {
    expect(() => readName(Buffer.from("c002c000", "hex"), 2)).toThrow(WireError);
  });

  it("are refused over 255 bytes, plain and put together by pointers", () => {
    const half = wire("a".repeat(63), "b".repeat(63));
    const pointing = Buffer.concat([half, Buffer.of(61), Buffer.alloc(61, 0x63), Buffer.of(63)]);
    const fits = Buffer.concat([pointing, Buffer.alloc(63, 0x64), Buffer.of(0xc0, 0)]);
    expect(readName(fits, half.length).name).toHaveLength(255);
    const tooLong = Buffer.concat([
      half,
      wire("c".repeat(63), "d".repeat(62)).subarray(0, -1),
      Buffer.of(0xc0, 0),
    ]);
    expect(() => readName(tooLong, half.length)).toThrow("longer than 255 bytes");
    expect(() => readName(Buffer.alloc(400, "\u0001a"), 0)).toThrow("longer than 255 bytes");
  });

  it("go through 126 pointers and no more, so that a message of pointers takes no time", () => {
    const pointers = Buffer.alloc(16_001);
    for (let at = 1; at + 1 < pointers.length; at += 2) {
      pointers.writeUInt16BE(0xc000 | Math.max(0, at - 2), at);
    }
    expect(formatName(readName(pointers, 251).name)).toBe(".");
    expect(() => readName(pointers, 253)).toThrow("too many compression pointers");
    expect(() => readName(pointers, 15_999)).toThrow("too many compression pointers");
  });

  it("that are arbitrary bytes give a name or a WireError", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(bytes, fc.nat(40), (message, at) => {
        const name = unlessRefused(WireError, () => readName(message, at).name) ?? wire();
        expect(Buffer.from(parseName(formatName(name)))).toEqual(Buffer.from(name));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("equal names", () => {
  it("differ in the case of ASCII letters only", () => {
    expect(equalNames(wire("WWW", "example"), wire("www", "EXAMPLE"))).toBe(true);
    expect(equalNames(wire("www", "example"), wire("www", "examplf"))).toBe(false);
    expect(equalNames(wire("a", "b"), wire("a.b"))).toBe(false);
    expect(equalNames(wire("a"), wire("a", "b"))).toBe(false);
    // The neighbours of the letters differ from one another by the same bit.
    expect(equalNames(wire("@"), wire("`"))).toBe(false);
    expect(equalNames(wire("["), wire("{"))).toBe(false);
    expect(equalNames(wire("\u00c4"), wire("\u00e4"))).toBe(false);
  });
});
