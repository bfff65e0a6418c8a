import { describe, expect, it } from "vitest";
import { bytes, count, milliseconds, rate, share } from "../../web/text/numbers.ts";
import { duration } from "../../web/text/times.ts";

describe("numbers for people", () => {
  it("are counts in groups of three", () => {
    expect([0, 999, 1000, 1_234_567].map(count)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });

  it("are rates with a digit behind the point where that says something", () => {
    expect([0, 0.04, 9.96, 99.94, 100, 12_345.6].map(rate)).toEqual([
      "0.0",
      "0.0",
      "10.0",
      "99.9",
      "100",
      "12,346",
    ]);
  });

  it("are shares that are whole only when nothing is missing, and nothing only when nothing is there", () => {
    expect([share(0, 0), share(0, 5), share(5, 5), share(1, 3)]).toEqual([
      "–",
      "0\u00a0%",
      "100\u00a0%",
      "33.3\u00a0%",
    ]);
    expect([share(99_999, 100_000), share(1, 100_000)]).toEqual(["99.9\u00a0%", "0.1\u00a0%"]);
  });

  it("are times of an answer with three digits", () => {
    expect(
      [null, 0, 0.994, 0.9996, 1.25, 99.94, 99.96, 999.4, 999.6, 4000.112, 12_000].map(milliseconds),
    ).toEqual([
      "–",
      "0.00\u00a0ms",
      "0.99\u00a0ms",
      "1.0\u00a0ms",
      "1.3\u00a0ms",
      "99.9\u00a0ms",
      "100\u00a0ms",
      "999\u00a0ms",
      "1.00\u00a0s",
      "4.00\u00a0s",
      "12.0\u00a0s",
    ]);
  });

  it("are sizes in the units of the configuration", () => {
    expect([0, 1023, 1024, 1536, 2 ** 20, 2 ** 30, 5 * 2 ** 40].map(bytes)).toEqual([
      "0 B",
      "1023 B",
      "1.0 KiB",
      "1.5 KiB",
      "1.0 MiB",
      "1.0 GiB",
      "5.0 TiB",
    ]);
    // Rounded, it would be 1024 of the smaller unit.
    expect(bytes(2 ** 20 - 1)).toBe("1.0 MiB");
  });

  it("are durations in two units", () => {
    expect([-1, 0, 59.4, 59.6, 3599, 3600, 3660, 86_400, 90_000].map(duration)).toEqual([
      "0 s",
      "0 s",
      "59 s",
      "1 min",
      "59 min",
      "1 h",
      "1 h 1 min",
      "1 d",
      "1 d 1 h",
    ]);
  });
});
