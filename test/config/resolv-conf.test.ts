import { isIP } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseResolvConf } from "../../src/config/resolv-conf.ts";

describe("resolv.conf", () => {
  it("is read", () => {
    const text = [
      "# made by hand",
      "; in two ways",
      "nameserver 192.0.2.1",
      "nameserver\t2001:db8::1  ",
      "  nameserver fe80::1%eth0 # the router",
      "search corp.example. lab.corp.example ; more",
      "options edns0 ndots:5 trust-ad",
      "",
    ].join("\r\n");
    expect(parseResolvConf(text)).toEqual({
      nameservers: ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"],
      search: ["corp.example", "lab.corp.example"],
      ndots: 5,
    });
  });

  it("of which nothing is left has defaults", () => {
    const nothing = { nameservers: [], search: [], ndots: 1 };
    for (const text of [
      "",
      "\n\n",
      "#nameserver 192.0.2.1",
      "nameserver",
      "nameserver dns.example",
      "lookup file",
    ]) {
      expect(parseResolvConf(text)).toEqual(nothing);
    }
  });

  it("names each server once", () => {
    expect(parseResolvConf("nameserver 192.0.2.1\nnameserver 192.0.2.1").nameservers).toEqual(["192.0.2.1"]);
  });

  it("has the search list of the line that comes last", () => {
    expect(parseResolvConf("search a b\ndomain c d").search).toEqual(["c"]);
    expect(parseResolvConf("domain c\nsearch a b").search).toEqual(["a", "b"]);
    expect(parseResolvConf("search a\nsearch").search).toEqual(["a"]);
  });

  it.each([
    ["ndots:0", 0],
    ["ndots:15", 15],
    ["ndots:99", 15],
    ["ndots:x", 1],
    ["ndots:", 1],
    ["ndots:-1", 1],
  ])("with %s has %i dots", (option, ndots) => {
    expect(parseResolvConf(`options ${option}`).ndots).toBe(ndots);
  });

  it("is read whatever it holds", () => {
    const word = fc.constantFrom(
      "nameserver",
      "search",
      "domain",
      "options",
      "192.0.2.1",
      "ndots:3",
      "\t",
      "\n",
      "#",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ unit: "binary" }))), (words) => {
        const { nameservers, ndots } = parseResolvConf(words.join(" "));
        expect(nameservers.filter((address) => isIP(address) === 0)).toEqual([]);
        expect(ndots >= 0 && ndots <= 15).toBe(true);
      }),
    );
  });
});
