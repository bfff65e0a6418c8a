import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseUnbound } from "../../../src/cli/import/unbound-text.ts";
import { ConfigError } from "../../../src/config/config-error.ts";

const noFiles = (): never => {
  throw new Error("nothing is to be included");
};

function parse(text: string): unknown {
  return parseUnbound("u.conf", text, noFiles).map(({ name, attributes }) => {
    const head: unknown[] = [name];
    return head.concat(attributes.map(({ name, values }) => [name].concat(values)));
  });
}

function faultOf(text: string, include = noFiles as Parameters<typeof parseUnbound>[2]): string {
  try {
    parseUnbound("u.conf", text, include);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("the text was accepted");
}

function isRefused(text: string, include: Parameters<typeof parseUnbound>[2]): boolean {
  try {
    parseUnbound("u.conf", text, include);
    return false;
  } catch {
    return true;
  }
}

describe("the grammar of unbound.conf", () => {
  test.each([
    ["server:\n  port: 53\n", [["server", ["port", "53"]]]],
    ["server: port:53 interface: ::1", [["server", ["port", "53"], ["interface", "::1"]]]],
    ["SERVER:\r\n\tPort:\t53 # why\r\n", [["server", ["port", "53"]]]],
    ['#top\nserver:# c\n  identity: "a # b"#c', [["server", ["identity", "a # b"]]]],
    [
      "forward-zone:\nforward-addr: 9.9.9.9@853#dns.quad9.net",
      [["forward-zone", ["forward-addr", "9.9.9.9@853#dns.quad9.net"]]],
    ],
    ["server: local-data: 'a. TXT \"x y\"'", [["server", ["local-data", 'a. TXT "x y"']]]],
    [
      "server: access-control: fd00::/8 allow do-ip4: no",
      [["server", ["access-control", "fd00::/8", "allow"], ["do-ip4", "no"]]],
    ],
    ["server:\n  port:\n    53", [["server", ["port", "53"]]]],
    ['server: tls-cert-bundle: ""', [["server", ["tls-cert-bundle", ""]]]],
    ["", []],
  ])("%j", (text, clauses) => {
    expect(parse(text)).toEqual(clauses);
  });

  test("says in which line an attribute stands", () => {
    const [clause] = parseUnbound("u.conf", "\n\nserver:\n\n port: 1\n", noFiles);
    expect(clause).toMatchObject({ where: "u.conf:3", attributes: [{ where: "u.conf:5" }] });
  });

  test.each([
    ["server:\n  port 53\n", 'u.conf:2:3: "port" stands where an attribute such as interface: belongs'],
    ["server:\n  port:\n  interface: ::1\n", "u.conf:2:3: port: has no value"],
    ["server:\n  port:", "u.conf:2:3: port: has no value"],
    ['server:\n  identity: "a\nb"', "u.conf:2:13: the quotes have no end on this line"],
    ["port: 53", "u.conf:1:1: port: stands before any clause such as server:"],
    ["server:\n  access-control: 10.0.0.0/8\n  port: 1", "u.conf:2:3: access-control: has no value"],
  ])("refuses %j", (text, message) => {
    expect(faultOf(text)).toBe(message);
  });

  test("an included file goes on in the clause that it is included from", () => {
    const include = (pattern: string) => [{ shown: pattern, text: "port: 53\nforward-zone: name: ." }];
    const clauses = parseUnbound("u.conf", 'server: include: "other"\nforward-addr: ::1', include);
    expect(clauses).toMatchObject([
      { name: "server", attributes: [{ name: "port", where: "other:1" }] },
      { name: "forward-zone", attributes: [{ name: "name" }, { name: "forward-addr", where: "u.conf:2" }] },
    ]);
  });

  test("files that include each other end in an error", () => {
    const include = () => [{ shown: "b.conf", text: "include: a.conf" }];
    expect(faultOf("include: b.conf", include)).toBe(
      "b.conf:1: include: files include each other too deeply",
    );
  });

  test("whatever the text is, it is read or refused with a place", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "server:",
        "port:",
        "name:",
        "access-control:",
        '"',
        "'",
        "#",
        "\n",
        " ",
        "\t",
        ":",
        "a",
      ),
      fc.string(),
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, (input) => {
        const include = (): [] => [];
        const message = isRefused(input, include) ? faultOf(input, include) : "u.conf:0:0: none";
        expect(message).toMatch(/^u\.conf:\d+:\d+: /);
      }),
    );
  });
});
