import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseArguments } from "../../../src/cli/query/arguments.ts";
import { QUERY_HELP } from "../../../src/cli/query/help.ts";
import { start } from "../../support/scripted-upstream/fixture.ts";
import { dotlsQuery } from "./ask.ts";

const page = readFileSync(new URL("../../../docs/query.md", import.meta.url), "utf8");

const examples = [...page.matchAll(/^dotls query (.+)$/gm)].map(([, words]) => words!);

/** `+name` of each option that a text speaks of, with its example value when it has one. */
function optionsIn(text: string): string[] {
  return [...text.matchAll(/(?<=[\s`])\+[a-z][a-z-]*/g)].map(([option]) => option);
}

const refused = new Set(["+trace", "+multiline", "+yaml", "+search", "+https"]);

describe("the page on dotls query", () => {
  it.each(examples)("has an example that is understood: %s", (words) => {
    expect(parseArguments(words.split(" ")).lookups.length).toBeGreaterThan(0);
  });

  it("speaks of all options that the help has, and of no other", () => {
    const short = new Set([
      "+vc",
      "+rdflag",
      "+aaonly",
      "+tls-host",
      "+timeout",
      "+time",
      "+notcp",
      "+noall",
    ]);
    const known = (text: string): string[] =>
      [...new Set(optionsIn(text))].filter((option) => !refused.has(option) && !short.has(option)).sort();
    expect(known(page)).toEqual(known(QUERY_HELP));
  });

  it.each([...refused])("is right that %s is refused", (option) => {
    expect(() => parseArguments(["name", option])).toThrow("is not supported");
  });

  it("names each field of the JSON in its order", async () => {
    const upstream = await start();
    const { out } = await dotlsQuery(
      `@127.0.0.1:${upstream.port}`,
      "+tls",
      `+tls-ca=${upstream.caFile()}`,
      `+tls-hostname=${upstream.name}`,
      "+json",
      "www.test",
    );
    const reply = JSON.parse(out) as Record<string, Record<string, unknown>>;
    const rows = [...page.slice(page.indexOf("## JSON")).matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
    expect(rows.map(([, field]) => field)).toEqual(Object.keys(reply));
    for (const group of ["edns", "server", "timing", "tls"]) {
      const description = rows.find(([, field]) => field === group)![2]!;
      for (const key of Object.keys(reply[group]!)) expect(description).toContain(`\`${key}\``);
    }
  });
});
