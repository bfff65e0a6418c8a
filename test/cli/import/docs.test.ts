import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { command } from "../../../src/cli/import.ts";
import { convertStubby } from "../../../src/cli/import/stubby.ts";
import { readSource } from "../../../src/cli/import/read-source.ts";
import { convertUnbound } from "../../../src/cli/import/unbound.ts";
import { convertFile } from "./converted.ts";

const page = readFileSync(new URL("../../../docs/import.md", import.meta.url), "utf8");

/** The options in the first column of the table below a heading. */
function optionsUnder(heading: string): string[] {
  const part = page.split(`## ${heading}\n`)[1]!.split("\n## ")[0]!;
  const cells = [...part.matchAll(/^\| (.*?) \|/gm)].map(([, cell]) => cell!);
  return cells.flatMap((cell) => [...cell.matchAll(/`([a-z_-]+)(?=[:`])/g)].map(([, option]) => option!));
}

describe("the page on dotls import", () => {
  test("names the commands that there are", () => {
    const shown = new Set([...page.matchAll(/^dotls import (\S+)/gm)].map(([, name]) => name!));
    expect(shown).toEqual(new Set(command().commands.map((sub) => sub.name())));
  });

  test.each(optionsUnder("From stubby"))("%s is an option of stubby that is known", (option) => {
    const ofServer = option === "tls_auth_name" || option === "tls_pubkey_pinset";
    const text = ofServer
      ? `upstream_recursive_servers: [{address_data: 192.0.2.1, ${option}: x}]\n`
      : `${option}: x\n`;
    const { remarks } = convertFile(text, (file, conversion) => convertStubby(readSource(file), conversion));
    expect(remarks.join("\n")).not.toMatch(/option of (stubby|a server) is not known/);
  });

  test.each(optionsUnder("From unbound"))("%s is an option of unbound that is known", (option) => {
    const clause = /^(forward|stub)-/.test(option) ? option.split("-")[0]! : "server";
    const text = clause === "server" ? `server: ${option}: x y` : `${clause}-zone: name: a ${option}: x`;
    const isClause = option.endsWith("-zone");
    const source = isClause ? `${option}: name: a` : text;
    const others = option.startsWith("include") ? { x: "", y: "" } : {};
    const readable = option === "access-control" || isClause ? source : source.replace(/ y$/, "");
    const { remarks } = convertFile(readable, convertUnbound, others);
    expect(remarks.join("\n")).not.toContain("is not known");
  });
});
