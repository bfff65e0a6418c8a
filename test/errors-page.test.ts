import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "docs/errors.md"), "utf8");
const listed = [...page.matchAll(/^\| `(ERR_DOTLS_[A-Z0-9_]+)` \|/gm)].map((match) => match[1]!);

const inSource = new Set(
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => readFileSync(join(root, "src", name), "utf8").match(/\bERR_DOTLS_[A-Z0-9_]+/g) ?? []),
);

describe("docs/errors.md", () => {
  test("has every code of the source, and no other", () => {
    expect([...listed].sort()).toEqual([...inSource].sort());
  });

  test("has each code once", () => {
    expect(new Set(listed).size).toBe(listed.length);
  });
});
