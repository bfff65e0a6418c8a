import { expect, test } from "vitest";
import { headerFlags, NAMED_FLAGS } from "../../src/dns/header-flags.ts";

test("flags are named in dig's order, whatever the opcode, the rcode and the reserved bit are", () => {
  expect(headerFlags(0x8180)).toEqual(["qr", "rd", "ra"]);
  expect(headerFlags(0xffff)).toEqual(["qr", "aa", "tc", "rd", "ra", "ad", "cd"]);
  expect(headerFlags(0xffff & ~NAMED_FLAGS)).toEqual([]);
});
