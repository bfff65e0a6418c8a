import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../src/control/openapi.ts";

const page = readFileSync(new URL("../docs/api.md", import.meta.url), "utf8");

describe("docs/api.md", () => {
  const rows = [...page.matchAll(/^\| `([A-Z]+) (\/[^`?]*)(?:\?([^`]*))?` \|/gm)];

  test("has every request of the API, in its order, and no other", () => {
    expect(rows.map(([, method, path]) => `${method} ${path}`)).toEqual(
      OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`),
    );
  });

  test("shows only parameters that there are", () => {
    rows.forEach(([, , , search = ""], at) => {
      const known = new Set((OPERATIONS[at]!.parameters ?? []).map(({ name }) => name));
      for (const key of new URLSearchParams(search).keys()) expect(known).toContain(key);
    });
  });
});
