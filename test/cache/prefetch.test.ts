import { expect, it } from "vitest";
import { isDue } from "../../src/cache/prefetch.ts";

it.each([
  [300, 31, 9, false],
  [300, 30, 9, true],
  [300, 1, 9, true],
  [300, 30, 2, true],
  [300, 30, 1, false],
  [10, 2, 9, false],
  [10, 1, 9, true],
  [9, 1, 9, false],
  [1, 1, 9, false],
])(
  "an answer of %i s with %i s left that was found %i times is to be fetched: %s",
  (life, left, hits, due) => {
    expect(isDue(life, left, hits)).toBe(due);
  },
);
