import { expect, test } from "vitest";
import { parseWorkers } from "../../src/config/workers.ts";

test.each([
  ["auto", "auto"],
  ["1", 1],
  [64, 64],
])("%j is read", (text, workers) => {
  expect(parseWorkers(text)).toBe(workers);
});

test.each(["", "0", "65", "-1", "1.5", "two", 0, 1e9, " 2"])("%j is refused", (text) => {
  expect(() => parseWorkers(text)).toThrow(/is neither auto nor a whole number from 1 to 64/);
});
