import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashKey, hashName } from "../../src/cache/key.ts";
import { SetMap } from "../../src/cache/set-map.ts";
import { wireName } from "../support/raw-query.ts";

function mapOf(base: number, sets: number): SetMap {
  const map = new SetMap(base);
  map.use(sets);
  return map;
}

const size = fc
  .integer({ min: 64, max: 127 })
  .chain((base) => fc.record({ base: fc.constant(base), sets: fc.integer({ min: base, max: 3_000_000 }) }));

describe("SetMap", () => {
  it("leaves a key in its set when there is one set more, or moves it to that one", () => {
    fc.assert(
      fc.property(fc.integer(), size, (keyHash, { base, sets }) => {
        const before = mapOf(base, sets);
        const after = mapOf(base, sets + 1);
        for (const way of ["home", "other"] as const) {
          const set = before[way](keyHash);
          expect(set).toBeGreaterThanOrEqual(0);
          expect(set).toBeLessThan(sets);
          if (after[way](keyHash) !== set) {
            expect([after[way](keyHash), set]).toEqual([sets, before.parted]);
          }
        }
      }),
    );
  });

  it("spreads names evenly in both ways, and differently, whenever the base has doubled", () => {
    for (const doublings of [0, 3]) {
      const base = 125;
      const sets = base << doublings;
      const map = mapOf(base, sets);
      const [home, other] = [new Uint32Array(sets), new Uint32Array(sets)];
      let same = 0;
      for (let i = 0; i < 50 * sets; i++) {
        const name = wireName(`host-${i}.example.test`);
        const keyHash = hashKey(hashName(name, 0, name.length, 0x5eed1234), 1, 1, 0);
        home[map.home(keyHash)]!++;
        other[map.other(keyHash)]!++;
        if (map.home(keyHash) === map.other(keyHash)) same++;
      }
      // 50 on average; seven standard deviations to each side.
      for (const counts of [home, other]) {
        expect(Math.min(...counts)).toBeGreaterThan(0);
        expect(Math.max(...counts)).toBeLessThan(100);
      }
      expect(same).toBeLessThan(100);
    }
  });
});
