import { describe, expect, it } from "vitest";
import { parseArguments } from "../../../src/cli/query/arguments.ts";
import type { QueryArguments } from "../../../src/cli/query/arguments.ts";
import { RrType } from "../../../src/dns/rrtype.ts";

function parse(line: string): QueryArguments {
  return parseArguments(line.split(" ").filter((word) => word !== ""));
}

describe("the command line of dotls query", () => {
  it("asks for the name servers of the root when it names nothing", () => {
    expect(parse("").lookups).toMatchObject([{ name: ".", type: RrType.NS, class: 1 }]);
  });

  it("takes options before the first name for all names, those behind a name for it alone", () => {
    const { lookups } = parse("+tcp +noad one MX +notcp two +dnssec @192.0.2.1");
    expect(lookups).toMatchObject([
      { name: "one", type: RrType.MX, tcp: false, dnssec: false, flags: 0x0100, servers: [] },
      { name: "two", type: RrType.A, tcp: true, dnssec: true, flags: 0x0100, servers: ["192.0.2.1"] },
    ]);
  });

  it("takes a word that is a type for a name behind -t", () => {
    expect(parse("-t A mx").lookups).toMatchObject([{ name: "mx", type: RrType.A }]);
  });

  it("knows what was said before the first name, for dig's first lines", () => {
    expect(parse("@192.0.2.1 +short name").greeting).toEqual({
      shown: false,
      short: true,
      server: "192.0.2.1",
    });
    expect(parse("name @192.0.2.1 +short").greeting).toEqual({ shown: true, short: false, server: null });
  });

  it.each([
    ["+rec", "flags", 0x0120],
    ["+norec", "flags", 0x0020],
    ["+NORECURSE", "flags", 0x0020],
    ["+cd", "flags", 0x0130],
    ["+time=2", "timeout", 2],
    ["+timeout=0", "timeout", 1],
    ["+tries=0", "tries", 1],
    ["+retry=2", "tries", 3],
    ["+bufsize", "udpSize", 1232],
    ["+bufsize=4096", "udpSize", 4096],
    ["+noedns", "edns", null],
    ["+noedns +nsid", "edns", 0],
    ["+ednsflags=0x10", "ednsFlags", 16],
    ["+opcode=notify", "opcode", 4],
    ["+opcode=9", "opcode", 9],
    ["+noopcode", "opcode", 0],
    ["+tls-host=dns.test", "tlsName", "dns.test"],
    ["+tls-hostname=dns.test +notls-hostname", "tlsName", null],
    ["+nosearch +nomultiline +notrace +noidnout", "tcp", false],
  ])("%s sets %s", (options, key, value) => {
    expect(parse(`name ${options}`).lookups[0]).toHaveProperty(key, value);
  });

  it.each([
    ["192.0.2.77/25", 1, 25, "c0000200"],
    ["192.0.2.77", 1, 32, "c000024d"],
    ["10/8", 1, 8, "0a"],
    ["2001:db8::/33", 2, 33, "20010db800"],
    ["0", 1, 0, ""],
    ["0.0.0.0/0", 1, 0, ""],
  ])("+subnet=%s is of family %i with %i bits", (text, family, sourceLength, address) => {
    expect(parse(`name +subnet=${text}`).lookups[0]?.subnet).toEqual({
      family,
      sourceLength,
      scopeLength: 0,
      address: Uint8Array.from(Buffer.from(address, "hex")),
    });
  });

  it.each([
    ["+ednsopt=nsid", 3, ""],
    ["+ednsopt=65001:abCD", 65_001, "abcd"],
    ["+ednsopt=EDE:0016", 15, "0016"],
  ])("%s is the option %i", (text, code, data) => {
    expect(parse(`name ${text}`).lookups[0]?.options).toEqual([
      { code, data: Uint8Array.from(Buffer.from(data, "hex")) },
    ]);
  });

  it.each([
    ["-x 192.0.2.1", "1.2.0.192.in-addr.arpa."],
    ["-x 192.0.2", "2.0.192.in-addr.arpa."],
    ["-x 2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."],
  ])("%s is the name %s", (line, name) => {
    expect(parse(line).lookups).toMatchObject([{ name, type: RrType.PTR }]);
  });

  it.each([
    ["+shrot", "there is no option +shrot (did you mean +short?)"],
    ["+xyzzy", "there is no option +xyzzy"],
    ["+no", "there is no option +no"],
    ["+tl", "+tl is ambiguous: +tls, +tls-ca, +tls-hostname, +tls-pin"],
    ["+trace", "+trace is not supported: ask each server with +norecurse"],
    ["+time", "+timeout needs a value: +timeout=..."],
    ["+notime=5", "+timeout cannot be negated"],
    ["+bufsize=70000", '+bufsize: "70000" is no number from 0 to 65535'],
    ["+edns=256", '+edns: "256" is no number from 0 to 255'],
    ["+cookie=abc", '+cookie: "abc" is not hexadecimal with two digits a byte'],
    ["+ednsopt=what", '+ednsopt: "what" is no number from 0 to 65535'],
    ["+subnet=192.0.2", '+subnet: "192.0.2" is no address or prefix'],
    ["+subnet=192.0.2.1/33", '+subnet: "33" is no number from 0 to 32'],
    ["+tls-pin=abc", "is not a pin"],
    ["-x zz", '-x: "zz" is no IP address'],
    ["-x 1.2.3.4.5", '-x: "1.2.3.4.5" is no IP address'],
    ["-p", "-p needs a value"],
    ["-p 65536", '-p: "65536" is no number from 0 to 65535'],
    ["-b nowhere", '-b: "nowhere" is no address of this host'],
    ["-4 -6", "only one of -4 and -6 can be given"],
    ["-z", "there is no option -z"],
    ["@", "the name of a server is missing after @"],
    ["example.com AXFR", "zone transfers are not supported"],
  ])("%s is refused: %s", (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });
});
