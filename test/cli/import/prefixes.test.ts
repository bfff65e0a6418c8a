import * as fc from "fast-check";
import { BlockList, isIPv4 } from "node:net";
import { describe, expect, test } from "vitest";
import { networkOf, withoutPrefixes } from "../../../src/cli/import/prefixes.ts";

describe("prefixes without others", () => {
  test.each([
    ["10.0.0.0/8", [], ["10.0.0.0/8"]],
    ["10.0.0.0/8", ["192.168.0.0/16", "0.0.0.0/0", "::/0"], ["10.0.0.0/8"]],
    ["10.0.0.0/8", ["10.128.0.0/9"], ["10.0.0.0/9"]],
    ["10.0.0.0/30", ["10.0.0.1/32"], ["10.0.0.0/32", "10.0.0.2/31"]],
    ["10.0.0.0/8", ["10.0.0.0/8"], []],
    ["fd00::/8", ["fd80::/9"], ["fd00::/9"]],
    ["::/0", ["8000::/1"], ["::/1"]],
  ])("%s without %j", (prefix, taken, left) => {
    expect(withoutPrefixes(prefix, taken)).toEqual(left);
  });

  test("an address is left exactly when it is inside of the whole and of nothing that was taken", () => {
    const prefix = fc
      .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
      .map(([address, length]) => networkOf(`${address}/${length}`));
    const has = (prefixes: readonly string[], address: string): boolean => {
      const list = new BlockList();
      for (const text of prefixes) {
        const [network = "", length] = text.split("/");
        list.addSubnet(network, Number(length), isIPv4(network) ? "ipv4" : "ipv6");
      }
      return list.check(address);
    };
    fc.assert(
      fc.property(prefix, fc.array(prefix, { maxLength: 5 }), fc.ipV4(), (whole, taken, address) => {
        const [network = "", length] = whole.split("/");
        const inside = taken.filter(
          (text) => Number(text.split("/")[1]) >= Number(length) && has([whole], text.split("/")[0]!),
        );
        const left = withoutPrefixes(whole, taken);
        for (const probe of [address, network, ...taken.map((text) => text.split("/")[0]!)]) {
          expect(has(left, probe)).toBe(has([whole], probe) && !has(inside, probe));
        }
      }),
    );
  });

  test.each([
    ["192.168.1.7/24", "192.168.1.0/24"],
    ["192.168.1.7", "192.168.1.7/32"],
    ["2001:db8::1/32", "2001:db8::/32"],
    ["10.1.2.3/0", "0.0.0.0/0"],
  ])("the network of %s is %s", (text, network) => {
    expect(networkOf(text)).toBe(network);
  });

  test.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "host", "::ffff:10.0.0.0/104"])(
    "%s is no network",
    (text) => {
      expect(() => networkOf(text)).toThrow(text.startsWith("::ffff") ? "IPv4" : text);
    },
  );
});
