import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatName } from "../../src/dns/name.ts";
import { PresentationError } from "../../src/dns/text-errors.ts";
import { reverseSuffixes } from "../../src/resolve/reverse-suffixes.ts";

function names(prefix: string): string[] {
  return reverseSuffixes(prefix).map((name) => formatName(name));
}

describe("reverse suffixes", () => {
  it.each([
    ["10.0.0.0/8", "10.in-addr.arpa."],
    ["192.168.0.0/16", "168.192.in-addr.arpa."],
    ["192.0.2.0/24", "2.0.192.in-addr.arpa."],
    ["192.0.2.7/32", "7.2.0.192.in-addr.arpa."],
    ["0.0.0.0/0", "in-addr.arpa."],
    ["::/0", "ip6.arpa."],
    ["fd00::/8", "d.f.ip6.arpa."],
    ["2001:db8::/32", "8.b.d.0.1.0.0.2.ip6.arpa."],
    ["::1/128", `1.${"0.".repeat(31)}ip6.arpa.`],
  ])("are one name for %s", (prefix, name) => {
    expect(names(prefix)).toEqual([name]);
  });

  it("are several where the length is inside a label", () => {
    expect(names("172.16.0.0/12")).toEqual(
      Array.from({ length: 16 }, (_, i) => `${16 + i}.172.in-addr.arpa.`),
    );
    expect(names("fe80::/10")).toEqual(["8", "9", "a", "b"].map((nibble) => `${nibble}.e.f.ip6.arpa.`));
    expect(names("192.0.2.128/31")).toEqual(["128.2.0.192.in-addr.arpa.", "129.2.0.192.in-addr.arpa."]);
    expect(names("128.0.0.0/1")).toHaveLength(128);
  });

  it("do not mind bits behind the length", () => {
    expect(names("172.31.255.1/12")).toEqual(names("172.16.0.0/12"));
  });

  it.each(["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "example/8", "", "10.0.0.0/-1"])(
    "refuse %j",
    (text) => {
      expect(() => reverseSuffixes(text)).toThrow(PresentationError);
    },
  );

  it("are above an IPv4 address exactly when the prefix holds it", () => {
    const address = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(
        address,
        address,
        fc.integer({ min: 0, max: 32 }),
        fc.nat(32),
        (net, other, length, flip) => {
          // Near the prefix as often as anywhere.
          for (const one of [other, (net ^ (flip === 0 ? 0 : 2 ** (flip - 1))) >>> 0]) {
            const reverse = `${dotted(one).split(".").toReversed().join(".")}.in-addr.arpa.`;
            const held = Math.floor(net / 2 ** (32 - length)) === Math.floor(one / 2 ** (32 - length));
            const found = names(`${dotted(net)}/${length}`).some(
              (name) => reverse === name || reverse.endsWith(`.${name}`),
            );
            expect(found).toBe(held);
          }
        },
      ),
    );
  });
});

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}
