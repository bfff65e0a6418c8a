import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearest } from "../../src/config/suggest.ts";

describe("the word that was meant", () => {
  const keys = ["listen", "upstreams", "timeout", "minVersion"];

  test.each([
    ["upstream", "upstreams"],
    ["timout", "timeout"],
    ["tiemout", "timeout"],
    ["LISTEN", "listen"],
    ["min_version", "minVersion"],
    ["min-version", "minVersion"],
    ["minversion", "minVersion"],
  ])("%s is %s", (word, meant) => {
    expect(nearest(word, keys)).toBe(meant);
  });

  test.each(["cache", "routes", "x", "", "workers"])("%j is nothing near", (word) => {
    expect(nearest(word, keys)).toBeNull();
  });

  test("distances are those of inserting, deleting, replacing and swapping", () => {
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("abc", "abc")).toBe(0);
    expect(editDistance("abc", "acb")).toBe(1);
    expect(editDistance("kitten", "sitting")).toBe(3);
  });

  test("the distance is the same both ways, and at most the longer length", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
