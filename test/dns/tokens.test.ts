import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PresentationError } from "../../src/dns/text-errors.ts";
import { tokenize } from "../../src/dns/tokens.ts";
import { unlessRefused } from "../support/unless-refused.ts";

/** The texts of each entry; a quoted one in quotes. */
function texts(source: string): string[][] {
  return tokenize(source).map(({ tokens }) =>
    tokens.map(({ text, quoted }) => (quoted ? `"${text}"` : text)),
  );
}

describe("master-file text", () => {
  it("is split at blanks, with comments and empty lines left out", () => {
    expect(texts("a A  1.2.3.4 ; here\n\n;all of it\n\t \nb\tNS\tc")).toEqual([
      ["a", "A", "1.2.3.4"],
      ["b", "NS", "c"],
    ]);
  });

  it("knows lines that belong to the owner before, and where each entry begins", () => {
    expect(tokenize("a\n b\n\n\tc\n").map(({ line, leadingBlank }) => [line, leadingBlank])).toEqual([
      [1, false],
      [2, true],
      [4, true],
    ]);
  });

  it("joins lines in parentheses, nested ones too", () => {
    const [entry, next] = tokenize("a SOA ( b ; one (\n c ( 1\n2 )\n3 )4\n x");
    expect(entry!.tokens.map(({ text }) => text)).toEqual(["a", "SOA", "b", "c", "1", "2", "3", "4"]);
    expect(entry).toMatchObject({ line: 1, leadingBlank: false });
    expect(next).toMatchObject({ line: 5, leadingBlank: true });
  });

  it("tells where each token stands", () => {
    const [entry] = tokenize('a  ("b"\n  c)');
    expect(entry!.tokens).toMatchObject([
      { text: "a", line: 1, column: 1 },
      { text: "b", line: 1, column: 5 },
      { text: "c", line: 2, column: 3 },
    ]);
  });

  it("keeps what stands in quotes and all escapes", () => {
    expect(texts(String.raw`"a ;(b)" "" "\"\\" x\ \;\(\"y\\ \065`)).toEqual([
      ['"a ;(b)"', '""', String.raw`"\"\\"`, String.raw`x\ \;\(\"y\\`, String.raw`\065`],
    ]);
  });

  it("marks a quoted string that is joined to a word", () => {
    const [entry] = tokenize('alpn="h2" "x""y" z');
    expect(entry!.tokens.map(({ text, joined }) => [text, joined])).toEqual([
      ["alpn=", false],
      ["h2", true],
      ["x", false],
      ["y", true],
      ["z", false],
    ]);
  });

  it("may have the line ends of Windows", () => {
    expect(texts('a "b"\r\n\r\nc ; d\r\n')).toEqual([["a", '"b"'], ["c"]]);
    expect(tokenize("\r\na\r\n").map(({ line, leadingBlank }) => [line, leadingBlank])).toEqual([[2, false]]);
  });

  it.each([
    ['a\n b "c\n', 2, 4, "a quoted string is not closed on its line"],
    ['"c\\"', 1, 1, "a quoted string is not closed on its line"],
    ["a ( b\n( c )\n", 1, 3, "a parenthesis is never closed"],
    ["a\nb )", 2, 3, "a closing parenthesis has no opening one"],
  ])("is refused with its place: %j", (source, line, column, reason) => {
    const error = expect.objectContaining({
      code: "ERR_DOTLS_BAD_TEXT",
      message: `line ${line}, column ${column}: ${reason}`,
      reason,
      position: { line, column },
    });
    expect(() => tokenize(source)).toThrow(error);
  });

  it("keeps every word and its place, whatever stands between them", () => {
    const word = fc.stringMatching(/^[!#-'*-:<-[\]-~]{1,8}$/);
    const gap = fc.constantFrom(" ", "\t", "\n", " \n ", " ; c\n", "( ", " ( ; )\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap)), (parts) => {
        const words = parts.map(([word, gap]) => word + gap).join("");
        const source = words + ")".repeat(words.split("( ").length - 1);
        const tokens = tokenize(source).flatMap(({ tokens }) => tokens);
        expect(tokens.map(({ text }) => text)).toEqual(parts.map(([word]) => word));
        const lines = source.split("\n");
        for (const { text, line, column } of tokens) {
          expect(lines[line - 1]!.slice(column - 1, column - 1 + text.length)).toBe(text);
        }
      }),
    );
  });

  it("that is arbitrary gives tokens or a PresentationError", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", " ", "\n", '"', "\\", "(", ")", ";", "0", "é", "\r"),
    });
    fc.assert(
      fc.property(text, (source) => {
        const entries = unlessRefused(PresentationError, () => tokenize(source)) ?? [];
        expect(entries.filter(({ tokens }) => tokens.length === 0)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});
