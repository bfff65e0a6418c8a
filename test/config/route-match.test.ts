import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMatch } from "../../src/config/route-match.ts";

describe("what a route matches", () => {
  test.each([
    ["corp.example", "corp.example", true],
    ["Corp.Example.", "corp.example", true],
    ["*.internal", "internal", false],
    [".", ".", true],
    ["10.in-addr.arpa", "10.in-addr.arpa", true],
    ["_tcp.corp.example", "_tcp.corp.example", true],
  ])("%s", (written, suffix, apex) => {
    expect(parseMatch(written)).toEqual([{ suffix, apex, written }]);
  });

  test.each([
    ["10.0.0.0/8", ["10.in-addr.arpa"]],
    ["192.168.7.0/24", ["7.168.192.in-addr.arpa"]],
    ["192.0.2.1/32", ["1.2.0.192.in-addr.arpa"]],
    ["192.168.0.0/23", ["0.168.192.in-addr.arpa", "1.168.192.in-addr.arpa"]],
    ["fd00::/8", ["d.f.ip6.arpa"]],
    ["2001:db8::/32", ["8.b.d.0.1.0.0.2.ip6.arpa"]],
    ["fc00::/7", ["c.f.ip6.arpa", "d.f.ip6.arpa"]],
  ])("%s stands for its reverse zones", (written, suffixes) => {
    expect(parseMatch(written)).toEqual(suffixes.map((suffix) => ({ suffix, apex: true, written })));
  });

  test("172.16.0.0/12 ends inside of a label", () => {
    const suffixes = parseMatch("172.16.0.0/12").map(({ suffix }) => suffix);
    expect(suffixes).toHaveLength(16);
    expect([suffixes[0], suffixes.at(-1)]).toEqual(["16.172.in-addr.arpa", "31.172.in-addr.arpa"]);
  });

  test.each([
    ["*", "write ."],
    ["*.", "write ."],
    [".corp.example", "write corp.example"],
    ["10.0.0.0", "write a prefix as in 10.0.0.0/8"],
    ["fd00::1", "write a prefix as in 10.0.0.0/8"],
    ["0.0.0.0/0", "name the reverse zones"],
    ["corp..example", "write it as corp.example"],
    ["a.*.example", "write it as corp.example"],
    ["", "write it as corp.example"],
    [`${"a".repeat(64)}.example`, "write it as corp.example"],
  ])("%j is refused", (text, hint) => {
    expect(() => parseMatch(text)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BAD_ROUTE", hint: expect.stringContaining(hint) }),
    );
  });

  test("a prefix with bits behind its length", () => {
    expect(() => parseMatch("10.1.0.0/8")).toThrow(expect.objectContaining({ code: "ERR_DOTLS_BAD_PREFIX" }));
  });

  test("an address is below one of the zones of a prefix exactly when it is in the prefix", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        fc.tuple(octet, octet, octet, octet),
        fc.integer({ min: 1, max: 32 }),
        octet,
        (parts, length, other) => {
          const value = (of: number[]): number => of.reduce((sum, part) => sum * 256 + part, 0);
          const size = 2 ** (32 - length);
          const first = Math.floor(value(parts) / size) * size;
          const octets = (of: number): number[] =>
            [24, 16, 8, 0].map((shift) => Math.floor(of / 2 ** shift) % 256);
          const zones = parseMatch(`${octets(first).join(".")}/${length}`).map(({ suffix }) => suffix);
          const inside = first + Math.floor((other / 256) * size);
          for (const address of [inside, first - 1, first + size]) {
            if (address < 0 || address >= 2 ** 32) continue;
            const name = `${octets(address).toReversed().join(".")}.in-addr.arpa`;
            const below = zones.some((zone) => name === zone || name.endsWith(`.${zone}`));
            expect(below).toBe(address === inside);
          }
        },
      ),
    );
  });
});
