import { describe, expect, test } from "vitest";
import { Zone } from "../../../src/cli/demo/zone-lookup.ts";
import type { ResourceRecord } from "../../../src/dns/message.ts";
import { formatName, parseName } from "../../../src/dns/name.ts";
import { Rcode, rcodeName } from "../../../src/dns/rcode.ts";
import { RrClass } from "../../../src/dns/rrclass.ts";
import { RrType, typeCode, typeName } from "../../../src/dns/rrtype.ts";
import { parseZone } from "../../../src/dns/zone-text.ts";
import { DotlsError } from "../../../src/errors.ts";

const root = { origin: parseName(".") };
const longLabel = "x".repeat(63);
const zone = new Zone(
  parseZone(
    `
$TTL 600
@ SOA ns root 1 2 3 4 60
@ NS ns
a A 192.0.2.1
a A 192.0.2.2
a TXT "text"
alias CNAME Other
other CNAME a
away CNAME elsewhere.test.
dangling CNAME missing
loop CNAME pool
pool CNAME loop
b.c.d A 192.0.2.3
*.wild A 192.0.2.4
x.wild TXT "here"
*.wildalias CNAME a
moved DNAME a
far DNAME ${longLabel}.${longLabel}.${longLabel}.unit.test.
target.a A 192.0.2.5
\\195.bytes A 192.0.2.6
`,
    { origin: parseName("unit.test.") },
  ),
);

function ask(name: string, type: string, klass: number = RrClass.IN): string[] {
  const { rcode, answers, authorities } = zone.answer({
    name: parseName(name),
    type: typeCode(type)!,
    class: klass,
  });
  return [
    rcodeName(rcode),
    ...answers.map(show),
    ...authorities.map((record) => `authority ${show(record)}`),
  ];
}

function show({ name, type, rdata }: ResourceRecord): string {
  const data = type === RrType.A ? rdata.join(".") : type === RrType.CNAME ? formatName(rdata) : "";
  return `${formatName(name)} ${typeName(type)} ${data}`.trim();
}

const soa = "authority unit.test. SOA";

describe("a zone", () => {
  test.each([
    ["A.unit.test.", "A", ["NOERROR", "A.unit.test. A 192.0.2.1", "A.unit.test. A 192.0.2.2"]],
    ["unit.test.", "NS", ["NOERROR", "unit.test. NS"]],
    ["a.unit.test.", "MX", ["NOERROR", soa]],
    ["missing.unit.test.", "A", ["NXDOMAIN", soa]],
    ["below.a.unit.test.", "A", ["NXDOMAIN", soa]],
    ["\\195.bytes.UNIT.test.", "A", ["NOERROR", "\\195.bytes.UNIT.test. A 192.0.2.6"]],
    // Case is for ASCII letters only (RFC 4343): 227 is not the small letter of 195.
    ["\\227.bytes.unit.test.", "A", ["NXDOMAIN", soa]],
    // Names between the zone and a record exist.
    ["c.d.unit.test.", "A", ["NOERROR", soa]],
    ["d.unit.test.", "A", ["NOERROR", soa]],
    ["unit.test.example.", "A", ["REFUSED"]],
    ["test.", "A", ["REFUSED"]],
    [".", "NS", ["REFUSED"]],
    ["notunit.test.", "A", ["REFUSED"]],
  ])("%s %s", (name, type, expected) => {
    expect(ask(name, type)).toEqual(expected);
  });

  test.each([
    [
      "alias.unit.test.",
      "A",
      [
        "alias.unit.test. CNAME Other.unit.test.",
        "Other.unit.test. CNAME a.unit.test.",
        "a.unit.test. A 192.0.2.1",
        "a.unit.test. A 192.0.2.2",
      ],
    ],
    ["alias.unit.test.", "CNAME", ["alias.unit.test. CNAME Other.unit.test."]],
    ["away.unit.test.", "A", ["away.unit.test. CNAME elsewhere.test."]],
    ["any.wildalias.unit.test.", "TXT", ["any.wildalias.unit.test. CNAME a.unit.test.", "a.unit.test. TXT"]],
  ])("follows aliases: %s %s", (name, type, expected) => {
    expect(ask(name, type)).toEqual(["NOERROR", ...expected]);
  });

  test("says NXDOMAIN for an alias of nothing, and gives up on a loop", () => {
    expect(ask("dangling.unit.test.", "A")).toEqual([
      "NXDOMAIN",
      "dangling.unit.test. CNAME missing.unit.test.",
      soa,
    ]);
    expect(ask("loop.unit.test.", "A")).toHaveLength(1 + 16);
  });

  test.each([
    ["q.wild.unit.test.", "A", ["NOERROR", "q.wild.unit.test. A 192.0.2.4"]],
    ["deep.q.wild.unit.test.", "A", ["NOERROR", "deep.q.wild.unit.test. A 192.0.2.4"]],
    ["q.wild.unit.test.", "TXT", ["NOERROR", soa]],
    // A name that exists hides the wildcard, for itself and below (RFC 4592 section 2.2.1).
    ["x.wild.unit.test.", "A", ["NOERROR", soa]],
    ["y.x.wild.unit.test.", "A", ["NXDOMAIN", soa]],
    ["wild.unit.test.", "A", ["NOERROR", soa]],
  ])("wildcards: %s %s", (name, type, expected) => {
    expect(ask(name, type)).toEqual(expected);
  });

  test("redirects below a DNAME, not at it; a name that gets too long is YXDOMAIN", () => {
    expect(ask("target.moved.unit.test.", "A")).toEqual([
      "NOERROR",
      "moved.unit.test. DNAME",
      "target.moved.unit.test. CNAME target.a.unit.test.",
      "target.a.unit.test. A 192.0.2.5",
    ]);
    expect(ask("moved.unit.test.", "A")).toEqual(["NOERROR", soa]);
    expect(ask(`${longLabel}.far.unit.test.`, "A")).toEqual(["YXDOMAIN", "far.unit.test. DNAME"]);
  });

  test("gives everything for ANY", () => {
    expect(ask("a.unit.test.", "ANY")).toHaveLength(1 + 3);
    expect(ask("missing.unit.test.", "ANY")[0]).toBe("NXDOMAIN");
  });

  test("refuses other classes, and takes class ANY", () => {
    expect(ask("a.unit.test.", "A", RrClass.CH)).toEqual(["REFUSED"]);
    expect(ask("a.unit.test.", "A", RrClass.ANY)).toHaveLength(3);
  });

  test("bounds the TTL of a negative answer by the minimum", () => {
    const { rcode, authorities } = zone.answer({ name: parseName("no.unit.test."), type: 1, class: 1 });
    expect([rcode, authorities[0]!.ttl]).toEqual([Rcode.NXDOMAIN, 60]);
  });

  test("must have a SOA record and nothing outside", () => {
    expect(() => new Zone(parseZone("a.test. 1 A 192.0.2.1", root))).toThrow(DotlsError);
    expect(() => new Zone(parseZone("a.test. 1 SOA . . 1 2 3 4 5\nb.test. 1 A 192.0.2.1", root))).toThrow(
      "outside",
    );
  });
});
