import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatDuration } from "../../src/config/duration.ts";
import type { JsonSchema } from "../../src/config/json-form.ts";
import { OPTIONS } from "../../src/config/options.ts";
import { configJsonSchema } from "../../src/config/schema.ts";
import { formatSize } from "../../src/config/size.ts";
import { TLS_KEYS } from "../../src/config/tls-fields.ts";
import { configurations } from "../support/pages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = join(root, "examples");
const schema = configJsonSchema();
// What a file may hold is said by `anyOf` where one key takes two types.
const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(schema);

function faults(value: unknown): string[] {
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

/** Every object with keys in a schema. */
function objectsIn(part: unknown): JsonSchema[] {
  if (typeof part !== "object" || part === null) return [];
  const inner = Object.values(part).flatMap(objectsIn);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever has properties in a schema is one
  return "properties" in part ? [part as JsonSchema, ...inner] : inner;
}

describe("the JSON Schema of the configuration file", () => {
  test("is in the package, under the name that the documentation says", () => {
    const { exports, files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      exports: Record<string, string>;
      files: string[];
    };
    const published = exports["./dotls.schema.json"]!;
    expect(files).toContain(published.split("/")[1]);
    expect(JSON.parse(readFileSync(join(root, published), "utf8"))).toEqual(schema);
  });

  test.each(readdirSync(examples))("takes examples/%s", (name) => {
    expect(faults(parse(readFileSync(join(examples, name), "utf8")))).toEqual([]);
  });

  test.each(configurations())("takes the configuration in $place", ({ yaml }) => {
    expect(faults(parse(yaml))).toEqual([]);
  });

  test("describes every option in the words of the documentation", () => {
    const found = Object.entries(schema.properties!).flatMap(([name, part]) => {
      const [section] = objectsIn(part);
      const inner = name === "upstreams" || name === "routes" ? undefined : section?.properties;
      return inner === undefined
        ? [[name, (part as JsonSchema).description]]
        : Object.entries(inner).map(([key, leaf]) => [`${name}.${key}`, (leaf as JsonSchema).description]);
    });
    expect(found).toEqual([...OPTIONS].map(([key, { description }]) => [key, description]));
  });

  test("describes the options of TLS in an upstream as well", () => {
    const upstreams = objectsIn(schema).filter(({ properties }) => "server" in properties!);
    expect(upstreams.length).toBeGreaterThan(1);
    for (const { properties } of upstreams) {
      for (const key of TLS_KEYS) {
        expect(properties![key]).toHaveProperty(
          "description",
          `For this upstream alone. ${OPTIONS.get(`tls.${key}`)!.description}`,
        );
      }
    }
  });

  test("lets no object have keys that do not exist", () => {
    const objects = objectsIn(schema);
    expect(objects.length).toBeGreaterThan(10);
    expect(objects.filter(({ additionalProperties }) => additionalProperties !== false)).toEqual([]);
  });

  test.each([
    ["a key that does not exist", { upstream: ["quad9"] }],
    ["one in a section", { tls: { minversion: "TLSv1.3" } }],
    ["one in an upstream", { upstreams: [{ server: "quad9", verfy: "strict" }] }],
    [
      "one in an upstream of a route",
      { routes: [{ match: "corp.example", upstreams: [{ adress: "1.2.3.4" }] }] },
    ],
    ["one in a route", { routes: [{ match: "corp.example", upstreams: ["quad9"], order: "first" }] }],
    ["a route without names", { routes: [{ upstreams: ["quad9"] }] }],
    ["a duration without its unit", { timeout: 4 }],
    ["a duration with a unit that is none", { timeout: "4sec" }],
    ["a size with a unit that is not exact", { cache: { size: "64MB" } }],
    ["a word that is none of those", { policy: "random" }],
    ["an empty list of upstreams", { upstreams: [] }],
    ["text for a list that may not be empty", { upstreams: "quad9" }],
    ["too many workers", { workers: 65 }],
    ["a port that is none", { upstreams: [{ address: "192.0.2.1", port: 70_000 }] }],
    ["a switch that is neither on nor off", { cache: { prefetch: "maybe" } }],
    ["an old version of TLS", { tls: { minVersion: "TLSv1.1" } }],
  ])("refuses %s", (_, value) => {
    expect(faults(value)).not.toEqual([]);
  });

  test.each([
    ["an empty file with an empty section", { tls: null }],
    ["one item in place of a list", { bootstrap: "9.9.9.9", history: { ignore: "corp.example" } }],
    ["none in place of a list", { routes: "none", tls: { alpn: "off" } }],
    [
      "null for what can be none",
      { history: { file: null }, upstreams: [{ address: "192.0.2.1", name: null }] },
    ],
    [
      "padding in its forms",
      { upstreams: [128, "off", false].map((padding) => ({ server: "quad9", padding })) },
    ],
    ["response codes by name and by number", { retryRcodes: ["SERVFAIL", 5] }],
  ])("takes %s", (_, value) => {
    expect(faults(value)).toEqual([]);
  });

  test("takes every duration and every size that dotls writes", () => {
    fc.assert(
      fc.property(fc.nat(60_000), fc.nat(2 ** 31), (milliseconds, bytes) => {
        const value = { timeout: formatDuration(milliseconds), cache: { size: formatSize(bytes) } };
        expect(faults(value)).toEqual([]);
      }),
    );
  });
});
