import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoTime } from "../../src/observe/iso-time.ts";

describe("isoTime", () => {
  it("is what Date says, whatever was asked before", () => {
    const time = fc.double({ min: -1e12, max: 4e12, noNaN: true });
    const near = fc.double({ min: 0, max: 3000, noNaN: true });
    fc.assert(
      fc.property(time, fc.array(near), (from, later) => {
        for (const ms of [from, ...later.map((one) => from + one)]) {
          expect(isoTime(ms)).toBe(new Date(ms).toISOString());
        }
      }),
    );
  });
});
