import * as fc from "fast-check";
import { isIPv6 } from "node:net";
import { describe, expect, it } from "vitest";
import { formatIpv4, formatIpv6 } from "../../src/dns/ip.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("an address as text", () => {
  it("is dotted for IPv4", () => {
    expect(formatIpv4(hex("c0000201"))).toBe("192.0.2.1");
  });

  it.each([
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["20010db8000000010000000000000001", "2001:db8:0:1::1"],
    ["20010db8000000010001000000000001", "2001:db8:0:1:1::1"],
    ["20010db8000100010001000100010000", "2001:db8:1:1:1:1:1:0"],
    ["20010000000000000000000000000000", "2001::"],
    ["00000000000000000000ffffc0000201", "::ffff:192.0.2.1"],
    ["000000000000000000000000c0000201", "::192.0.2.1"],
  ])("%s is %s", (bytes, text) => {
    expect(formatIpv6(hex(bytes))).toBe(text);
  });

  it("is always one that the system reads as IPv6", () => {
    const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(sparse, (bytes) => {
        expect(isIPv6(formatIpv6(Uint8Array.from(bytes)))).toBe(true);
      }),
    );
  });
});
