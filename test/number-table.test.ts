import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NumberTable } from "../src/number-table.ts";

/** Keys that often meet in one place of a small table, and some at its end, from where probing goes round. */
const key = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((n) => n * 256 + 250),
  fc.integer({ min: 0, max: 0x3fffffff }),
);

describe("NumberTable", () => {
  it("holds what a Map would hold after the same steps", () => {
    const step = fc.oneof(
      fc.record({ set: key }),
      fc.record({ remove: key }),
      fc.constant({ clear: true as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
        const table = new NumberTable<object>();
        const map = new Map<number, object>();
        for (const one of steps) {
          if ("set" in one) {
            const value = {};
            table.set(one.set, value);
            map.set(one.set, value);
          } else if ("remove" in one) {
            table.delete(one.remove);
            map.delete(one.remove);
          } else if (map.size > 50) {
            table.clear();
            map.clear();
          }
          expect(table.size).toBe(map.size);
        }
        for (const one of steps) {
          const asked = "set" in one ? one.set : "remove" in one ? one.remove : 7;
          expect(table.get(asked)).toBe(map.get(asked) ?? null);
        }
      }),
    );
  });

  it("grows with its entries and finds all of them, also after half of them are gone", () => {
    const table = new NumberTable<number>();
    for (let i = 0; i < 20_000; i++) table.set(i * 37, i);
    for (let i = 0; i < 20_000; i += 2) table.delete(i * 37);
    expect(table.size).toBe(10_000);
    for (let i = 0; i < 20_000; i++) expect(table.get(i * 37)).toBe(i % 2 === 0 ? null : i);
  });

  it("is of use again after it was large and empty", () => {
    const table = new NumberTable<number>();
    for (let i = 0; i < 20_000; i++) table.set(i, i);
    for (let i = 0; i < 20_000; i++) table.delete(i);
    expect(table.size).toBe(0);
    table.set(5, 5);
    expect([table.get(5), table.get(4)]).toEqual([5, null]);
  });

  it("lets go of what was deleted or replaced", async () => {
    const table = new NumberTable<object>();
    const gone: WeakRef<object>[] = [];
    const fill = (): void => {
      for (let i = 0; i < 1000; i++) {
        const value = { i };
        gone.push(new WeakRef(value));
        table.set(i % 100, value);
        if (i % 3 === 0) table.delete(i % 100);
      }
      for (let i = 0; i < 100; i++) table.delete(i);
    };
    fill();
    // What was just held through a WeakRef lives until the end of the turn.
    await new Promise(setImmediate);
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    expect(gone.filter((one) => one.deref() !== undefined)).toHaveLength(0);
  });
});
