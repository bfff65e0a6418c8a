import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { METRICS } from "../src/observe/metrics/families.ts";
import { metricsReference } from "./support/metrics-table.ts";

const file = fileURLToPath(new URL("../docs/metrics.md", import.meta.url));
const page = readFileSync(file, "utf8");

describe("docs/metrics.md", () => {
  test("has every metric as the code has it; `npx vitest run -u` writes it anew", async () => {
    const [before, rest] = page.split("<!-- metrics -->\n") as [string, string];
    const after = rest.split("<!-- end of metrics -->\n")[1]!;
    const written = `${before}<!-- metrics -->\n\n${metricsReference()}\n<!-- end of metrics -->\n${after}`;
    await expect(written).toMatchFileSnapshot(file);
  });

  test("speaks of no metric that there is not", () => {
    const known = new Set(METRICS.map(({ name }) => name));
    const named = [...page.matchAll(/\bdotls_[a-z0-9_]+/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, ""),
    );
    expect(named.filter((name) => !known.has(name) && !known.has(`${name}_total`))).toEqual([]);
  });
});
