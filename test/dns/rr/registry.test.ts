import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseName } from "../../../src/dns/name.ts";
import { describeRdata, expandRdata, formatRdata, parseRdata } from "../../../src/dns/rr/registry.ts";
import { RrClass } from "../../../src/dns/rrclass.ts";
import { RrType, typeName } from "../../../src/dns/rrtype.ts";
import { PresentationError, WireError } from "../../../src/dns/text-errors.ts";
import { tokenize } from "../../../src/dns/tokens.ts";
import type { Token } from "../../../src/dns/tokens.ts";
import { arbitraryName, arbitraryRdata } from "../../support/rr-arbitraries.ts";
import { unlessRefused } from "../../support/unless-refused.ts";
import { vectors } from "../../support/vectors.ts";

const root = parseName(".");

function tokens(text: string): readonly Token[] {
  return tokenize(text)[0]?.tokens ?? [];
}

function parse(type: number, text: string): Buffer {
  return Buffer.from(parseRdata(type, tokens(text), root));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

const everyType = [...arbitraryRdata.keys()].map((type) => [typeName(type), type] as const);

describe("arbitrary RDATA", () => {
  it.each(everyType)("of %s is printed in its own form, and its text is the same RDATA", (_, type) => {
    fc.assert(
      fc.property(arbitraryRdata.get(type)!, (rdata) => {
        const text = formatRdata(type, rdata);
        expect(text).not.toMatch(/^\\#/);
        // oxlint-disable-next-line no-control-regex -- that is what may not be in there
        expect(text).not.toMatch(/[^\x20-\x7e]/);
        expect(hex(parse(type, text))).toBe(hex(rdata));
      }),
      { numRuns: 60 },
    );
  });

  it.each(everyType)("of %s is what JSON can hold, and comes through the expansion as it is", (_, type) => {
    fc.assert(
      fc.property(arbitraryRdata.get(type)!, fc.uint8Array({ maxLength: 20 }), (rdata, before) => {
        const data = describeRdata(type, rdata);
        expect(data).not.toHaveProperty("hex");
        expect(JSON.parse(JSON.stringify(data))).toEqual(data);
        const message = Buffer.concat([before, rdata, before]);
        expect(hex(expandRdata(type, message, before.length, rdata.length))).toBe(hex(rdata));
      }),
      { numRuns: 30 },
    );
  });

  it("of no layout at all, of any type, comes back from its text", () => {
    const anyType = fc.oneof(fc.constantFrom(...arbitraryRdata.keys()), fc.nat(0xffff));
    fc.assert(
      fc.property(anyType, fc.uint8Array({ maxLength: 80 }), (type, rdata) => {
        expect(hex(parse(type, formatRdata(type, rdata)))).toBe(hex(rdata));
      }),
      { numRuns: 3000 },
    );
  });

  it("with one byte changed comes back from its text", () => {
    const broken = fc
      .constantFrom(...arbitraryRdata.keys())
      .chain((type) => fc.tuple(fc.constant(type), arbitraryRdata.get(type)!, fc.nat(), fc.nat(255)));
    fc.assert(
      fc.property(broken, ([type, rdata, place, byte]) => {
        const changed = Uint8Array.from(rdata);
        if (changed.length > 0) changed[place % changed.length] = byte;
        expect(hex(parse(type, formatRdata(type, changed)))).toBe(hex(changed));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the vectors", () => {
  it("hold each type that has arbitrary RDATA, and these are all that have a form of their own", () => {
    const inVectors = new Set(vectors.map(({ type }) => type));
    expect([...arbitraryRdata.keys()].filter((type) => !inVectors.has(type))).toEqual([]);
    // `x` is no data of any type, and only an unknown type says that it wants `\#`.
    const known = Array.from({ length: 300 }, (_, type) => type).filter((type) => {
      try {
        parse(type, "x");
        return true;
      } catch (error) {
        return !(error as Error).message.includes("unknown type");
      }
    });
    expect(known).toEqual([...arbitraryRdata.keys()].sort((a, b) => a - b));
  });

  it("come back from their text and from their generic form", () => {
    for (const { type, rdata } of vectors) {
      expect(hex(parse(type, formatRdata(type, rdata)))).toBe(hex(rdata));
      expect(hex(parse(type, formatRdata(65_281, rdata)))).toBe(hex(rdata));
    }
  });

  it("cut at any byte are printed, come back, and expand or throw a WireError", () => {
    let refused = 0;
    for (const { type, rdata } of vectors) {
      for (let length = 0; length < rdata.length; length += 1) {
        const cut = rdata.slice(0, length);
        expect(hex(parse(type, formatRdata(type, cut)))).toBe(hex(cut));
        describeRdata(type, cut);
        const expanded = unlessRefused(WireError, () => expandRdata(type, cut, 0, length));
        if (expanded === undefined) refused += 1;
        expect(hex(expanded ?? cut)).toBe(hex(cut));
        expect(() => expandRdata(type, cut, 0, rdata.length)).toThrow(WireError);
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  it("with any one token left out are other RDATA or a PresentationError", () => {
    for (const { type, rdata } of vectors) {
      const all = tokens(formatRdata(type, rdata));
      for (let left = 0; left < all.length; left += 1) {
        const rest = all.toSpliced(left, 1);
        const attempt = (): unknown => unlessRefused(PresentationError, () => parseRdata(type, rest, root));
        expect(attempt).not.toThrow();
      }
    }
  });
});

describe("RDATA that does not give back the same bytes", () => {
  it.each([
    ["a type bit map with a zero byte at its end", RrType.NSEC, "00 00 02 40 00"],
    ["a type bit map with an empty window", RrType.NSEC, "00 00 00"],
    ["type bit map windows out of order", RrType.NSEC, "00 01 01 40 00 01 40"],
    ["a type bit map window of 33 bytes", RrType.NSEC, `00 00 21 ${"00 ".repeat(32)}01`],
    ["an APL address with a zero byte at its end", RrType.APL, "00 01 08 02 0a 00"],
    ["an APL address of an unknown family", RrType.APL, "00 03 08 01 0a"],
    ["an APL prefix of 33 bits", RrType.APL, "00 01 21 00"],
    ["service parameters out of order", RrType.SVCB, "00 01 00 00 03 00 02 00 50 00 02 00 00"],
    ["a service parameter twice", RrType.SVCB, "00 01 00 00 02 00 00 00 02 00 00"],
    ["mandatory keys out of order", RrType.HTTPS, "00 01 00 00 00 00 04 00 03 00 01"],
    ["a port of three bytes", RrType.HTTPS, "00 01 00 00 03 00 03 00 50 00"],
    ["no-default-alpn with a value", RrType.HTTPS, "00 01 00 00 02 00 01 00"],
    ["an empty ALPN id", RrType.HTTPS, "00 01 00 00 01 00 01 00"],
    ["no address in an address hint", RrType.HTTPS, "00 01 00 00 04 00 00"],
    ["an empty ech", RrType.HTTPS, "00 01 00 00 05 00 00"],
    ["a LOC of version 1", RrType.LOC, "01 12 16 13 80 00 00 00 80 00 00 00 00 98 96 80"],
    ["a LOC size of ten", RrType.LOC, "00 a0 16 13 80 00 00 00 80 00 00 00 00 98 96 80"],
    ["a LOC size of zero metres with a power", RrType.LOC, "00 02 16 13 80 00 00 00 80 00 00 00 00 98 96 80"],
    ["a LOC beyond the pole", RrType.LOC, "00 12 16 13 93 4f d9 01 80 00 00 00 00 98 96 80"],
    ["an IPSECKEY gateway of type 4", RrType.IPSECKEY, "0a 04 02 00 01"],
    ["a HIP without a tag", RrType.HIP, "00 02 00 01 aa"],
    ["an NSEC3 without a hashed name", RrType.NSEC3, "01 00 00 00 00 00"],
    ["a CAA tag with a blank", RrType.CAA, "00 03 61 20 62 63"],
    ["a CAA tag of no letters", RrType.CAA, "00 00 63"],
    ["a URI without a target", RrType.URI, "00 01 00 01"],
    ["a DS without a digest", RrType.DS, "00 01 08 02"],
    ["a compression pointer", RrType.DNAME, "00 c0 00"],
    ["a name that points into its own RDATA", RrType.RRSIG, `${"00 ".repeat(18)}01 61 c0 00 01`],
    ["an address of five bytes", RrType.A, "01 02 03 04 05"],
    ["an empty TXT", RrType.TXT, ""],
  ])("is opaque: %s", (_, type, text) => {
    const rdata = Buffer.from(text.replaceAll(" ", ""), "hex");
    const digits = rdata.toString("hex").toUpperCase();
    expect(formatRdata(type, rdata).replaceAll(" ", "")).toBe(`\\#${rdata.length}${digits}`);
    expect(describeRdata(type, rdata)).toEqual({ hex: digits });
  });
});

describe("compressed RDATA", () => {
  const owner = Buffer.from("\u0003www\u0007Example\u0000", "latin1");
  const pointers = "c000 c004";

  it.each([
    ["NS", "c000"],
    ["CNAME", "03777777c004"],
    ["PTR", "c004"],
    ["SOA", `${pointers}${"00".repeat(20)}`],
    ["MX", "000ac000"],
    ["RP", pointers],
    ["AFSDB", "0001c000"],
    ["SRV", "000100020003c000"],
    ["NAPTR", "000100020161016200c004"],
    ["TYPE7", "c000"],
    ["TYPE14", pointers],
    ["TYPE21", "0001c000"],
    ["TYPE26", `0001${pointers}`],
  ])("of %s is written out", (mnemonic, text) => {
    const rdata = Buffer.from(text.replaceAll(" ", ""), "hex");
    const type = mnemonic.startsWith("TYPE") ? Number(mnemonic.slice(4)) : RrType[mnemonic as "NS"];
    const expanded = expandRdata(type, Buffer.concat([owner, rdata]), owner.length, rdata.length);
    const expected = rdata
      .toString("latin1")
      .replace("\u00c0\u0000", "\u0003www\u0007Example\u0000")
      .replace("\u00c0\u0004", "\u0007Example\u0000");
    expect(Buffer.from(expanded).toString("latin1")).toBe(expected);
  });

  it.each(["DNAME", "KX", "HTTPS", "NSEC"] as const)(
    "of %s is left alone and shown as opaque",
    (mnemonic) => {
      const rdata = Buffer.from(mnemonic === "KX" || mnemonic === "HTTPS" ? "0001c000" : "c000", "hex");
      const message = Buffer.concat([owner, rdata]);
      const expanded = expandRdata(RrType[mnemonic], message, owner.length, rdata.length);
      expect(hex(expanded)).toBe(hex(rdata));
      expect(formatRdata(RrType[mnemonic], expanded)).toMatch(/^\\# /);
    },
  );

  it("is refused when a name goes over its end, has too little or too much", () => {
    const message = Buffer.concat([owner, Buffer.from("000ac000ff", "hex")]);
    expect(() => expandRdata(RrType.MX, message, owner.length, 3)).toThrow(WireError);
    expect(() => expandRdata(RrType.MX, message, owner.length, 1)).toThrow(WireError);
    expect(() => expandRdata(RrType.MX, message, owner.length, 5)).toThrow(WireError);
    expect(() => expandRdata(RrType.MX, message, owner.length, 6)).toThrow(WireError);
  });

  it("is the same name whatever is compressed", () => {
    fc.assert(
      fc.property(arbitraryName, fc.nat(), (name, seed) => {
        const starts = [0];
        for (let at = 0; name[at]! > 0; at += name[at]! + 1) starts.push(at + name[at]! + 1);
        const target = starts[seed % starts.length]!;
        const rdata = Buffer.of(0, 10, 0xc0, target);
        const expanded = expandRdata(RrType.MX, Buffer.concat([name, rdata]), name.length, 4);
        expect(hex(expanded)).toBe(`000a${hex(name.subarray(target))}`);
      }),
    );
  });
});

describe("other classes", () => {
  it("do not take an address for one of class IN, but read the types of all classes", () => {
    expect(formatRdata(RrType.A, Uint8Array.of(1, 2, 3, 4), RrClass.CH)).toBe("\\# 4 01020304");
    expect(describeRdata(RrType.A, Uint8Array.of(1, 2, 3, 4), RrClass.CH)).toEqual({ hex: "01020304" });
    expect(formatRdata(RrType.TXT, Buffer.from("\u00019"), RrClass.CH)).toBe('"9"');
    expect(() => parseRdata(RrType.A, tokens("192.0.2.1"), root, RrClass.CH)).toThrow(PresentationError);
    expect(hex(parseRdata(RrType.TXT, tokens("9"), root, RrClass.CH))).toBe("0139");
  });
});

describe("the generic form", () => {
  it("takes its digits in any pieces and case", () => {
    expect(hex(parse(65_280, "\\# 4 DE adb eef"))).toBe("deadbeef");
    expect(hex(parse(RrType.A, "\\# 4 c0000201"))).toBe("c0000201");
    expect(hex(parse(65_280, "\\# 0"))).toBe("");
  });

  it.each([
    ["x", "line 1, column 1: the data of an unknown type must be written as \\# LENGTH HEX"],
    ["\\# 2 00", "line 1, column 1: there are 1 bytes and not 2"],
    ["\\# 1 0", 'line 1, column 6: "0" is no even number of hexadecimal digits'],
    ["\\# 65536", 'line 1, column 4: "65536" is no number from 0 to 65535'],
    ["\\#", "line 1, column 1: a length is missing"],
    ['\\# 1 "00"', "line 1, column 6: hexadecimal data may not be quoted"],
  ])("refuses %s", (text, message) => {
    expect(() => parse(65_280, text)).toThrow(expect.objectContaining({ message }));
  });
});
