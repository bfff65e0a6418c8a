import { BlockList, isIPv4 } from "node:net";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalAddress } from "../../src/config/ip-address.ts";
import type { ConfigValueError } from "../../src/config/value-error.ts";
import { parsePrefix } from "../../src/config/prefix.ts";

describe("prefixes", () => {
  test.each([
    ["192.168.0.0/16", "192.168.0.0/16"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["::/0", "::/0"],
    ["10.1.2.3", "10.1.2.3/32"],
    ["::1", "::1/128"],
    ["FD00:0::/8", "fd00::/8"],
    ["[fd00::]/8", "fd00::/8"],
    ["fe80::/10", "fe80::/10"],
    ["2001:db8:0:fff0::/60", "2001:db8:0:fff0::/60"],
  ])("%s is %s", (text, prefix) => {
    expect(parsePrefix(text)).toBe(prefix);
  });

  test.each([
    ["10.1.2.3/8", "did you mean 10.0.0.0/8 or 10.1.2.3/32?"],
    ["192.168.1.129/25", "did you mean 192.168.1.128/25 or"],
    ["2001:db8:ffff::1/33", "did you mean 2001:db8:8000::/33 or"],
    ["fd00::1/8", "did you mean fd00::/8 or"],
    ["10.0.0.0/33", "0 to 32"],
    ["::/129", "0 to 128"],
    ["10.0.0.0/", "0 to 32"],
    ["10.0.0.0/-1", "0 to 32"],
    ["10.0.0.0/8/8", "write it as"],
    ["10.0.0.0/255.0.0.0", "0 to 32"],
    ["10/8", "write it as"],
    ["private", "write it as"],
    ["", "write it as"],
    ["fe80::1%eth0", "write it as"],
    ["::ffff:10.0.0.0/104", "IPv4"],
  ])("%j is refused with what to write", (text, hint) => {
    expect(() => parsePrefix(text)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BAD_PREFIX", hint: expect.stringContaining(hint) }),
    );
  });

  test("the prefix that a hint names holds the address, by the reckoning of node:net", () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => canonicalAddress(text)!);
    fc.assert(
      fc.property(address, fc.nat(128), (address, anyLength) => {
        fc.pre(!address.startsWith("::ffff:"));
        const version4 = isIPv4(address);
        const length = version4 ? anyLength % 33 : anyLength;
        const prefix = prefixOrHint(`${address}/${length}`);
        expect(parsePrefix(prefix)).toBe(prefix);
        const family = version4 ? "ipv4" : "ipv6";
        const list = new BlockList();
        list.addSubnet(prefix.split("/")[0]!, length, family);
        expect(list.check(address, family)).toBe(true);
      }),
    );
  });
});

function prefixOrHint(text: string): string {
  try {
    return parsePrefix(text);
  } catch (error) {
    return /did you mean (\S+)/.exec((error as ConfigValueError).hint ?? "")![1]!;
  }
}
