import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatName, parseName } from "../../src/dns/name.ts";
import { formatRdata } from "../../src/dns/rr/registry.ts";
import { className } from "../../src/dns/rrclass.ts";
import { typeName } from "../../src/dns/rrtype.ts";
import { PresentationError } from "../../src/dns/text-errors.ts";
import { parseZone } from "../../src/dns/zone-text.ts";
import { vectorFile } from "../support/vectors.ts";

const origin = parseName("example.");

/** The records of a zone as lines. */
function lines(text: string): string[] {
  return parseZone(text, { origin }).map(({ name, ttl, class: rrclass, type, rdata }) =>
    [formatName(name), ttl, className(rrclass), typeName(type), formatRdata(type, rdata, rrclass)].join(" "),
  );
}

describe("zone text", () => {
  it("is read with all that a master file may have", () => {
    expect(
      lines(`$TTL 1h30m ; a comment
@ IN SOA ns hostmaster (
    2026010101 ; serial
    2h 1h      ; refresh, retry
    2w 5m )    ; expire, minimum
  NS ns
ns 60 A 192.0.2.1
   IN 120 AAAA 2001:db8::1
a\\.dot 1d IN TXT "one" two "three; \\"3\\""
$ORIGIN sub
www A 192.0.2.2
$ORIGIN other.example.
@ A 192.0.2.3
absolute.test. A 192.0.2.4
x TYPE65280 \\# 3 abcdef
y CLASS1 TYPE1 \\# 4 c0000205
`),
    ).toEqual([
      "example. 5400 IN SOA ns.example. hostmaster.example. 2026010101 7200 3600 1209600 300",
      "example. 5400 IN NS ns.example.",
      "ns.example. 60 IN A 192.0.2.1",
      "ns.example. 120 IN AAAA 2001:db8::1",
      'a\\.dot.example. 86400 IN TXT "one" "two" "three; \\"3\\""',
      "www.sub.example. 5400 IN A 192.0.2.2",
      "other.example. 5400 IN A 192.0.2.3",
      "absolute.test. 5400 IN A 192.0.2.4",
      "x.other.example. 5400 IN TYPE65280 \\# 3 ABCDEF",
      "y.other.example. 5400 IN A 192.0.2.5",
    ]);
  });

  it("without $TTL takes the TTL of the record before, and for SOA its minimum", () => {
    expect(lines("@ SOA . . 1 2 3 4 55\nx A 192.0.2.1\nx 7 A 192.0.2.2\nx A 192.0.2.3")).toEqual([
      "example. 55 IN SOA . . 1 2 3 4 55",
      "x.example. 55 IN A 192.0.2.1",
      "x.example. 7 IN A 192.0.2.2",
      "x.example. 7 IN A 192.0.2.3",
    ]);
  });

  it("may be of another class", () => {
    expect(lines('version.bind. 0 CH TXT "x"\nhostname.bind. TXT "y"')).toEqual([
      'version.bind. 0 CH TXT "x"',
      'hostname.bind. 0 CH TXT "y"',
    ]);
  });

  it("of an owner that looks like a type, a class or a TTL is read", () => {
    expect(lines("A 1 A 192.0.2.1\nIN 1 IN A 192.0.2.2\n60 1 A 192.0.2.3")).toEqual([
      "A.example. 1 IN A 192.0.2.1",
      "IN.example. 1 IN A 192.0.2.2",
      "60.example. 1 IN A 192.0.2.3",
    ]);
  });

  it("with every type is the same zone again when its records are written and read", () => {
    const zone = parseZone(readFileSync(vectorFile("vectors.zone"), "utf8"), { origin });
    const text = zone.map(({ name, ttl, class: rrclass, type, rdata }) =>
      [formatName(name), ttl, className(rrclass), typeName(type), formatRdata(type, rdata, rrclass)].join(
        "\t",
      ),
    );
    const plain = (records: typeof zone): typeof zone =>
      records.map((record) => ({ ...record, rdata: Uint8Array.from(record.rdata) }));
    expect(plain(parseZone(text.join("\n"), { origin }))).toEqual(plain(zone));
    expect(zone.length).toBeGreaterThan(100);
  });

  it.each([
    ["  A 192.0.2.1", 1, 3, "the first record has no owner name"],
    ["x A 192.0.2.1", 1, 3, "the record has no TTL and there is no $TTL before it"],
    ["\nx 1 IN", 2, 5, "the record has no type"],
    ["x 1 NOTYPE y", 1, 5, '"NOTYPE" is no type of record'],
    ["x 1x A 192.0.2.1", 1, 3, '"1x" is no TTL'],
    ["x 1 1 A 192.0.2.1", 1, 5, '"1" is no type of record'],
    ["x 1 ANY y", 1, 5, 'a zone cannot hold a "ANY" record'],
    ["x 1 OPT y", 1, 5, 'a zone cannot hold a "OPT" record'],
    ['x 1 A 192.0.2.1\nx CH TXT "y"', 2, 6, "a record of class CH in a zone of class IN"],
    ["$INCLUDE other.zone", 1, 1, "$INCLUDE is not supported: write its records into this file"],
    ["$GENERATE 1-2 a A 1.2.3.$", 1, 1, "$GENERATE is not supported: write its records into this file"],
    ["$FOO", 1, 1, 'there is no directive "$FOO"'],
    ["$TTL", 1, 1, "$TTL needs a time"],
    ["$TTL soon", 1, 6, '"soon" is no TTL'],
    ["$TTL 1 2", 1, 8, "$TTL takes one value"],
    ["$ORIGIN", 1, 1, "$ORIGIN needs a name"],
    ["$ORIGIN a..b", 1, 1, 'the name "a..b" has an empty label'],
    ["x..y 1 A 192.0.2.1", 1, 1, 'the name "x..y" has an empty label'],
    ["x 1 MX (\n ten mail )", 2, 2, ""],
    ["x 1 A", 1, 5, ""],
  ])("%j is refused at line %i, column %i", (text, line, column, reason) => {
    const error = refusal(text);
    expect(error.position).toMatchObject({ line, column });
    expect(error.reason).toContain(reason);
    expect(error.message).toContain(`line ${line}, column ${column}: `);
  });
});

function refusal(text: string): PresentationError {
  try {
    parseZone(text, { origin });
  } catch (error) {
    if (error instanceof PresentationError) return error;
    throw error;
  }
  throw new Error("the zone was accepted");
}
