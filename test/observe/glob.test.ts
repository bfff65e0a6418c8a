import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesGlob } from "../../src/observe/glob.ts";

describe("matchesGlob", () => {
  it.each([
    ["example.com", "example.com", true],
    ["EXAMPLE.com", "example.COM", true],
    ["example.com", "www.example.com", false],
    ["*.example.com", "www.example.com", true],
    ["*.example.com", "a.b.example.com", true],
    ["*.example.com", "example.com", false],
    ["*example*", "www.example.com", true],
    ["www?.example.com", "www1.example.com", true],
    ["www?.example.com", "www.example.com", false],
    ["*", "", true],
    ["**", "anything", true],
    ["", "", true],
    ["", "a", false],
    ["?", "", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-b-b", false],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
  ])("%s on %s: %s", (pattern, text, matches) => {
    expect(matchesGlob(pattern, text)).toBe(matches);
  });

  it("agrees with a plain regular expression", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 12 });
    const patterns = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
        expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${source}$`, "s").test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("stays quick on a pattern that makes a backtracking matcher explode", () => {
    const start = performance.now();
    expect(matchesGlob(`${"*a".repeat(100)}b`, "a".repeat(1000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
