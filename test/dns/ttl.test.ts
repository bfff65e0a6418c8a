import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_TTL, parseTtl, ttlUnits, ttlWords } from "../../src/dns/ttl.ts";

describe("a TTL in text", () => {
  it.each([
    ["0", 0],
    ["3600", 3600],
    ["1h30m", 5400],
    ["1W2D3H4M5S", 788_645],
    ["2147483647", MAX_TTL],
  ])("%s is %i seconds", (text, seconds) => {
    expect(parseTtl(text)).toBe(seconds);
  });

  it.each(["", "h", "1x", "1h30", "-1", "1.5", "2147483648", "9999w"])("%j is none", (text) => {
    expect(parseTtl(text)).toBeUndefined();
  });

  it("in units is the same number again", () => {
    fc.assert(
      fc.property(fc.nat({ max: MAX_TTL }), (seconds) => {
        expect(parseTtl(ttlUnits(seconds))).toBe(seconds);
      }),
    );
  });

  it("in words leaves out what is zero", () => {
    expect(ttlWords(90_061)).toBe("1 day 1 hour 1 minute 1 second");
    expect(ttlWords(1_209_600)).toBe("2 weeks");
    expect(ttlWords(0)).toBe("0 seconds");
  });
});
