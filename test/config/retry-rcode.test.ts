import { expect, test } from "vitest";
import { parseRetryRcode } from "../../src/config/retry-rcode.ts";

test.each([
  ["SERVFAIL", 2],
  ["refused", 5],
  ["23", 23],
  [3841, 3841],
])("%s", (value, code) => {
  expect(parseRetryRcode(value)).toBe(code);
});

test.each(["NOERROR", "NXDOMAIN", "3", 0])("%s is an answer", (value) => {
  expect(() => parseRetryRcode(value)).toThrow("is an answer, and no other server is asked after an answer");
});

test.each(["SERVFIAL", "4096", "-1", ""])("%j is none", (value) => {
  expect(() => parseRetryRcode(value)).toThrow("is not a response code");
});
