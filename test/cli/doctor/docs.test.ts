import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { command } from "../../../src/cli/doctor.ts";
import { readUpstream } from "../../../src/config/upstream-spec.ts";

const page = readFileSync(new URL("../../../docs/doctor.md", import.meta.url), "utf8");
const source = fileURLToPath(new URL("../../../src/cli/doctor", import.meta.url));

describe("the page on dotls doctor", () => {
  it("lists what is looked at, all of it and nothing else", () => {
    const listed = [...page.matchAll(/^\| `([a-z0-9.-]+)` \|/gm)].map(([, check]) => check!);
    const inSource = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(source, name), "utf8"))
      .flatMap((text) => Array.from(text.matchAll(/\bfinding\(\s*([^;]*?),/g), ([, first]) => first!))
      .flatMap((first) => Array.from(first.matchAll(/"([a-z0-9.-]+)"/g), ([, check]) => check!));
    // The two families are named by a variable.
    expect([...listed].sort()).toEqual([...new Set([...inSource, "ipv4", "ipv6"])].sort());
    expect(new Set(listed).size).toBe(listed.length);
  });

  it.each([...page.matchAll(/^dotls doctor ?(.*)$/gm)].map(([, words]) => [words!]))(
    "has an example: %s",
    async (words) => {
      const doctor = command();
      let specs: string[] = [];
      doctor.action((given: string[]) => {
        specs = given;
      });
      await new Command("dotls")
        .exitOverride()
        .addCommand(doctor)
        .parseAsync(["doctor", ...words.split(" ").filter(Boolean)], { from: "user" });
      for (const spec of specs) expect(readUpstream(spec).label).toBe(spec);
    },
  );
});
