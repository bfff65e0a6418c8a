import { describe, expect, it } from "vitest";
import { parseName } from "../../../src/dns/name.ts";
import { describeRdata, formatRdata, parseRdata } from "../../../src/dns/rr/registry.ts";
import { RrType } from "../../../src/dns/rrtype.ts";
import { PresentationError } from "../../../src/dns/text-errors.ts";
import { tokenize } from "../../../src/dns/tokens.ts";

type Mnemonic = keyof typeof RrType;

const origin = parseName("example.");

function parse(type: Mnemonic, text: string): Uint8Array {
  return parseRdata(RrType[type], tokenize(text)[0]?.tokens ?? [], origin);
}

describe("record data in text", () => {
  it.each<[Mnemonic, string, string]>([
    ["SOA", "a b 1 1w2d 3h4m5s 4294967295 0", "a.example. b.example. 1 777600 11045 4294967295 0"],
    ["MX", "(\n10 ; the first\n @ )", "10 example."],
    ["TXT", String.raw`a\ b "c\"d" \"`, String.raw`"a b" "c\"d" "\""`],
    ["TXT", '"é"', String.raw`"\195\169"`],
    ["AAAA", "2001:DB8:0::0001", "2001:db8::1"],
    ["AAAA", "64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["APL", "", ""],
    ["APL", "1:192.0.2.0/24 !2:0::/0", "1:192.0.2.0/24 !2:::/0"],
    ["CERT", "pkix 1 rsasha256 AQID", "PKIX 1 RSASHA256 AQID"],
    ["CERT", "1 1 4 AQ ID", "PKIX 1 4 AQID"],
    ["DNSKEY", "257 3 ed25519 AQ ID", "257 3 15 AQID"],
    ["DS", "1 ECDSAP256SHA256 SHA-384 0aB c", "1 13 4 0ABC"],
    ["EUI64", "00-11-22-33-44-55-66-AA", "00-11-22-33-44-55-66-aa"],
    ["IPSECKEY", "1 0 0 .", "1 0 0 ."],
    ["IPSECKEY", "1 3 0 gw", "1 3 0 gw.example."],
    ["LOC", "0 S 0 W 0", "0 0 0.000 N 0 0 0.000 E 0.00m 1m 10000m 10m"],
    ["LOC", "1 2 3.4 n 4 5 w -.5 0.01 .9m 99", "1 2 3.400 N 4 5 0.000 W -0.50m 0.01m 0.90m 90m"],
    [
      "LOC",
      "90 S 180 E 42849672.95m 90000000m",
      "90 0 0.000 S 180 0 0.000 E 42849672.95m 90000000m 10000m 10m",
    ],
    ["NSEC", "next", "next.example."],
    ["NSEC", "next TYPE1 aaaa MX a mx", "next.example. A MX AAAA"],
    ["NSEC3", "1 0 0 - 00", "1 0 0 - 00"],
    ["NSEC3", "1 1 5 ab VVVV0 NS", "1 1 5 AB VVVV0 NS"],
    ["RRSIG", "TYPE1 ed448 1 1 0 1 1 . AQ==", "A 16 1 1 19700101000000 19700101000001 1 . AQ=="],
    ["CAA", '0 issue ";"', '0 issue ";"'],
    ["CAA", "0 issue x", '0 issue "x"'],
    ["HTTPS", "1 . dohpath=/q{?dns} ohttp", '1 . key7="/q{?dns}" key8'],
    ["HTTPS", '1 . KEY65535="" port=0053 ALPN=h2', '1 . alpn="h2" port=53 key65535'],
    [
      "HTTPS",
      "1 . ipv6hint=::1,2001:DB8::0 ipv4hint=192.0.2.1",
      "1 . ipv4hint=192.0.2.1 ipv6hint=::1,2001:db8::",
    ],
    ["URI", `1 2 "${"a".repeat(400)}"`, `1 2 "${"a".repeat(400)}"`],
  ])("of %s may be %j", (type, text, printed) => {
    expect(formatRdata(RrType[type], parse(type, text))).toBe(printed);
  });

  it.each<[Mnemonic, string, string]>([
    ["A", "192.0.2", 'line 1, column 1: "192.0.2" is no IPv4 address'],
    ["A", "192.0.2.1 192.0.2.2", 'line 1, column 11: "192.0.2.2" is one too many'],
    ["A", '"192.0.2.1"', "line 1, column 1: an IPv4 address may not be quoted"],
    ["AAAA", "fe80::1%lo", 'line 1, column 1: "fe80::1%lo" is no IPv6 address'],
    ["MX", "65536 a", 'line 1, column 1: "65536" is no number from 0 to 65535'],
    ["MX", "-1 a", 'line 1, column 1: "-1" is no number from 0 to 65535'],
    ["MX", "10", "line 1, column 1: a name is missing"],
    ["MX", "(10\n  a..b)", 'line 2, column 3: the name "a..b" has an empty label'],
    ["SOA", "a b 1 1x 1 1 1", 'line 1, column 7: "1x" is no time up to 2147483647 seconds'],
    ["TXT", `"${"a".repeat(256)}"`, "line 1, column 1: a string of 256 bytes is longer than 255"],
    ["TXT", String.raw`"\256"`, String.raw`line 1, column 1: \256 is over 255`],
    ["HINFO", "a", "line 1, column 1: a string is missing"],
    ["LOC", "91 N 0 E 0", 'line 1, column 1: "91" is no number from 0 to 90'],
    ["LOC", "90 0 1 N 0 E 0", "line 1, column 8: this is no angle up to 90 degrees N or S"],
    ["LOC", "1 E 0 E 0", "line 1, column 3: this is no angle up to 90 degrees N or S"],
    ["LOC", "1 60 N 0 E 0", 'line 1, column 3: "60" is no number from 0 to 59'],
    ["LOC", "1 1 60 N 0 E 0", 'line 1, column 5: "60" is no second of arc'],
    [
      "LOC",
      "1 N 1 E -100000.01m",
      'line 1, column 9: "-100000.01m" is no length from -100000m to 42849672.95m',
    ],
    ["LOC", "1 N 1 E m", 'line 1, column 9: "m" is no length from -100000m to 42849672.95m'],
    ["APL", "3:1/1", 'line 1, column 1: "3:1/1" is not in the form [!]1:IPV4/PREFIX or [!]2:IPV6/PREFIX'],
    ["APL", "1:192.0.2.1/33", 'line 1, column 1: "33" is no number from 0 to 32'],
    ["CERT", "PKIX 1 RSA AQID", 'line 1, column 8: "RSA" is no number from 0 to 255'],
    ["DS", "1 8 2", "line 1, column 5: hexadecimal data is missing"],
    ["DS", "1 8 2 abc", 'line 1, column 7: "abc" is no even number of hexadecimal digits'],
    ["DNSKEY", "257 3 8 AQI", 'line 1, column 9: "AQI" is not base64'],
    ["DNSKEY", "257 3 8 AQ-_", 'line 1, column 9: "AQ-_" is not base64'],
    ["IPSECKEY", "1 4 1 . AQID", "line 1, column 3: gateway type 4 has no text form"],
    ["IPSECKEY", "1 0 1 a AQID", "line 1, column 7: a gateway of type 0 is written as a dot"],
    ["HIP", "2 00", "line 1, column 3: a public key is missing"],
    [
      "RRSIG",
      "A 8 1 1 20250230000000 0 1 . AQ==",
      'line 1, column 9: "20250230000000" is no time in the form YYYYMMDDHHMMSS',
    ],
    [
      "RRSIG",
      "A 8 1 1 20250228x00000 0 1 . AQ==",
      'line 1, column 9: "20250228x00000" is no time in the form YYYYMMDDHHMMSS',
    ],
    ["RRSIG", "B 8 1 1 0 0 1 . AQ==", 'line 1, column 1: "B" is no record type'],
    ["NSEC3", "1 0 0 - 0", 'line 1, column 9: "0" is not base32hex'],
    ["NSEC3", "1 0 0 - 0W", 'line 1, column 9: "0W" is not base32hex'],
    ["NSEC3", `1 0 0 ${"00".repeat(256)} 00`, "line 1, column 7: a salt is longer than 255 bytes"],
    [
      "EUI48",
      "00-11-22-33-44",
      'line 1, column 1: "00-11-22-33-44" is not 6 pairs of hexadecimal digits with dashes between them',
    ],
    ["CAA", "0 a-b x", 'line 1, column 3: "a-b" is not of letters and digits'],
    ["URI", '1 1 ""', "line 1, column 5: a string is empty that may not be"],
  ])("of %s may not be %j", (type, text, message) => {
    const attempt = (): Uint8Array => parse(type, text);
    expect(attempt).toThrow(PresentationError);
    expect(attempt).toThrow(expect.objectContaining({ message }));
  });

  it("is longer than a record can be", () => {
    const strings = `"${"a".repeat(255)}" `.repeat(256);
    expect(parse("TXT", strings.slice(258))).toHaveLength(65_280);
    expect(() => parse("TXT", strings)).toThrow("the record data is longer than 65535 bytes");
  });
});

describe("the times of a signature", () => {
  const text = (times: string): string => `A 8 1 0 ${times} 1 . AQ==`;

  it.each([
    ["4294967295 0", "21060207062815 19700101000000"],
    ["21060207062815 19700101000000", "21060207062815 19700101000000"],
    // What BIND prints for the last second today, and the seconds around the wrap.
    ["19691231235959 21060207062816", "21060207062815 19700101000000"],
    ["20240229120000 1709208000", "20240229120000 20240229120000"],
  ])("%s are printed as %s, whatever the clock says", (times, printed) => {
    expect(formatRdata(RrType.RRSIG, parse("RRSIG", text(times)))).toBe(text(printed));
  });
});

/** RFC 9460 appendix D.2: text and the bytes behind the priority and the target. */
describe("service parameters", () => {
  it.each([
    ["port=53", "0003 0002 0035"],
    ["key667=hello", "029b 0005 68656c6c6f"],
    [String.raw`key667="hello\210qoo"`, "029b 0009 68656c6c6fd2716f6f"],
    [
      'ipv6hint="2001:db8::1,2001:db8::53:1"',
      "0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001",
    ],
    ['ipv6hint="2001:db8:122:344::192.0.2.33"', "0006 0010 20010db8012203440000 0000c0000221"],
    [
      "alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
      "0000 0004 00010004 0001 0009 026832 0568332d3139 0004 0004 c0000201",
    ],
    [String.raw`alpn="f\\\\oo\\,bar,h2"`, "0001 000c 08665c6f6f2c626172 026832"],
    [String.raw`alpn=f\\\092oo\092,bar,h2`, "0001 000c 08665c6f6f2c626172 026832"],
    ["no-default-alpn ech=AQID", "0002 0000 0005 0003 010203"],
  ])("%s", (text, hex) => {
    const rdata = Buffer.from(parse("SVCB", `16 a. ${text}`)).toString("hex");
    expect(rdata).toBe(`0010016100${hex.replaceAll(" ", "")}`);
  });

  it.each([
    ["key123=abc key123=def", "key123 is there twice"],
    ["mandatory", '"" is no service parameter'],
    ["alpn", "an ALPN id is empty or over 255 bytes"],
    ["port", '"" is no number from 0 to 65535'],
    ["ipv4hint", '"" is no IPv6 address'],
    ["ipv4hint=::1", "::1 is of the other address family"],
    ["ipv6hint=192.0.2.1", "192.0.2.1 is of the other address family"],
    ["ech", "ech is empty"],
    ["no-default-alpn=abc", "no-default-alpn takes no value"],
    ["mandatory=mandatory", "mandatory names itself or a key twice"],
    ["mandatory=key123,key123 key123=abc", "mandatory names itself or a key twice"],
    ["mandatory=key123", "key123 is mandatory and not there"],
    ["key65536=x", '"key65536" is no service parameter'],
    ['"alpn=h2"', "a service parameter may not be quoted as a whole"],
    ['alpn= "h2"', "an ALPN id is empty or over 255 bytes"],
  ])("are refused: %s", (text, reason) => {
    expect(() => parse("SVCB", `1 foo. ${text}`)).toThrow(
      expect.objectContaining({ reason, position: { line: 1, column: expect.any(Number) } }),
    );
  });
});

describe("described record data", () => {
  it.each<[Mnemonic, string, unknown]>([
    ["MX", "10 Mail", { preference: 10, exchange: "Mail.example." }],
    ["TXT", String.raw`"a\"b" "\000"`, { strings: [String.raw`a\"b`, String.raw`\000`] }],
    ["NSEC", "a A TYPE1234", { next: "a.example.", types: ["A", "TYPE1234"] }],
    ["DS", "1 8 2 abcd", { keyTag: 1, algorithm: 8, digestType: 2, digest: "ABCD" }],
    ["APL", "!1:192.0.2.0/24", { items: [{ family: 1, negated: true, address: "192.0.2.0", prefix: 24 }] }],
    [
      "LOC",
      "1 S 1 E 1m",
      {
        latitude: -3_600_000,
        longitude: 3_600_000,
        altitude: 100,
        size: 100,
        horizontalPrecision: 1_000_000,
        verticalPrecision: 1000,
      },
    ],
    [
      "HTTPS",
      '1 . alpn="a\\\\,b,h2" no-default-alpn port=443 ipv4hint=192.0.2.1 key7="/q"',
      {
        priority: 1,
        target: ".",
        params: {
          alpn: ["a,b", "h2"],
          "no-default-alpn": true,
          port: 443,
          ipv4hint: ["192.0.2.1"],
          key7: "/q",
        },
      },
    ],
  ])("of %s %s has plain fields", (type, text, data) => {
    expect(describeRdata(RrType[type], parse(type, text))).toEqual(data);
  });
});
