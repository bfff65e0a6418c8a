import { expect, it } from "vitest";
import { age } from "../../src/cli/age.ts";

it.each([
  [0, "0s"],
  [0.9, "0s"],
  [59, "59s"],
  [60, "1m"],
  [303, "5m 3s"],
  [3600, "1h"],
  [3605, "1h"],
  [93_784, "1d 2h"],
])("%d seconds are %s", (seconds, text) => {
  expect(age(seconds)).toBe(text);
});
