import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../src/config/duration.ts";

describe("durations", () => {
  test.each([
    ["0s", 0],
    ["250ms", 250],
    ["4s", 4000],
    [" 4s ", 4000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
  ])("%s is %d ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    ["4", "add the unit: 4s or 4ms"],
    ["4S", "write 4s"],
    ["5MS", "write 5ms"],
    ["1.5s", "whole number"],
    ["-4s", "whole number"],
    ["4 s", "whole number"],
    ["1m30s", "whole number"],
    ["4sec", "whole number"],
    ["4w", "whole number"],
    ["s", "whole number"],
    ["", "whole number"],
    ["1e3s", "whole number"],
    ["9007199254740993s", "write"],
  ])("%j is refused with what to write", (text, hint) => {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BAD_DURATION", hint: expect.stringContaining(hint) }),
    );
  });

  test("what is written reads back as the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
    expect(formatDuration(90_000)).toBe("90s");
    expect(formatDuration(0)).toBe("0ms");
  });
});
