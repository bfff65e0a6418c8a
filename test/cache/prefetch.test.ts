import { expect, it } from "vitest";
import { isLate } from "../../src/cache/prefetch.ts";

it.each([
  [300, 31, false],
  [300, 30, true],
  [300, 1, true],
  [10, 2, false],
  [10, 1, true],
  [9, 1, false],
  [1, 1, false],
])("an answer of %i s with %i s left is late: %s", (lifetime, left, late) => {
  expect(isLate(lifetime, left)).toBe(late);
});
