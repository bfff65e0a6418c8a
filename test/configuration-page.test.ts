import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rootCertificates } from "node:tls";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatKey } from "../src/config/source.ts";
import { OPTIONS } from "../src/config/options.ts";
import { PRESETS } from "../src/config/presets.ts";
import { upstreamKeys } from "../src/config/upstream-schema.ts";
import { parseUpstream } from "../src/config/upstream-spec.ts";
import { folderWith, load } from "./support/config-folder.ts";
import { optionReference, otherVariables } from "./support/option-table.ts";

const file = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));
const page = readFileSync(file, "utf8");

/** The text of the page between `<!-- name -->` and `<!-- end of name -->` replaced. */
function withPart(text: string, name: string, part: string): string {
  const [before, rest] = text.split(`<!-- ${name} -->\n`) as [string, string];
  const after = rest.split(`<!-- end of ${name} -->\n`)[1]!;
  return `${before}<!-- ${name} -->\n\n${part}\n<!-- end of ${name} -->\n${after}`;
}

describe("docs/configuration.md", () => {
  test("says of every option what the schema says; `npx vitest run -u` writes it anew", async () => {
    const written = withPart(withPart(page, "options", optionReference()), "variables", otherVariables());
    await expect(written).toMatchFileSnapshot(file);
  });

  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);

  test.each(blocks)("example %#: %j", (yaml) => {
    const cwd = folderWith({ "dotls.yaml": yaml, "ca.pem": rootCertificates[0]! });
    expect(load({ cwd }).file).not.toBeNull();
  });

  test("the first example shows the defaults, all of them", () => {
    const paths = Object.entries(parse(blocks[0]!) as Record<string, unknown>).flatMap(([key, value]) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.keys(value).map((inner) => formatKey([key, inner]))
        : [key],
    );
    expect(paths).toEqual([...OPTIONS.keys()]);
    expect(load({ yaml: blocks[0]! }).config).toEqual(load().config);
  });

  test("names every preset, and every key of the long form", () => {
    for (const preset of PRESETS.keys()) expect(page).toContain(`\`${preset}\``);
    const table = page.split("It takes these keys:")[1]!.split("\n\n")[1]!;
    const rows = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map((match) => match[1]!);
    const keys = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map((match) => match[1]!));
    expect(keys.sort()).toEqual(upstreamKeys().sort());
  });

  test("every spelling of an upstream in the table is one", () => {
    const table = page.split("| written |")[1]!.split("\n\n")[0]!;
    const specs = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]!);
    expect(specs.length).toBeGreaterThan(5);
    // A stamp is called by what it stands for.
    for (const spec of specs) {
      expect(parseUpstream(spec).label).toBe(spec.startsWith("sdns:") ? "tls://9.9.9.9#dns.quad9.net" : spec);
    }
  });
});
