import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { command } from "../../src/cli/history.ts";
import { historyHeader, historyRow } from "../../src/cli/history-table.ts";
import { historySchema } from "../../src/observe/history-schema.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { HistoryPrivacy, type Privacy } from "../../src/observe/history-privacy.ts";
import { type Outcome, Source } from "../../src/observe/outcome.ts";
import { historyWriters } from "../../src/cli/history-format.ts";
import { outcomeOf } from "./outcomes.ts";

const schemaFile = fileURLToPath(new URL("../../docs/history.schema.json", import.meta.url));
const page = readFileSync(new URL("../../docs/history.md", import.meta.url), "utf8");

describe("docs/history.md", () => {
  const ring = new HistoryRing(1, { wall: () => Date.UTC(2026, 10, 21, 14, 0, 0, 12), monotonic: () => 0 });
  ring.ended(outcomeOf("www.example.com.", { duration: 8.25 }));
  const entry = ring.entry(0)!;

  it("lists each field of an entry, in its order", () => {
    const table = page.slice(page.indexOf("| Field |"), page.indexOf("```json"));
    const fields = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field);
    expect(fields).toEqual(Object.keys(entry));
  });

  it("says of each field what the schema says", () => {
    for (const [field, { description }] of Object.entries(historySchema.properties)) {
      expect(page).toContain(`\n| \`${field}\` | ${description} |\n`);
    }
    for (const [part, { description }] of Object.entries(historySchema.properties.times.properties!)) {
      expect(page).toContain(`\n| \`${part}\` | ${description} |\n`);
    }
  });

  it("shows an entry as it is", () => {
    const [, example] = /```json\n(.+)\n```/.exec(page)!;
    expect(example).toBe(JSON.stringify(entry));
  });

  it("shows the table as it is", () => {
    expect(page).toContain(`\n${historyHeader()}`);
    const [, row] = historyRow(entry).split(/^\S+ \S+ /);
    expect(page).toContain(row!);
  });

  it("shows commands that exist", () => {
    const known = new Set(command().options.flatMap(({ long }) => (long === null ? [] : [long])));
    const used = [...page.matchAll(/dotls history[^`|\n]*/g)].flatMap(([line]) => line.match(/--\w+/g) ?? []);
    expect(used.filter((flag) => !known.has(flag ?? ""))).toEqual([]);
    expect(new Set(used).size).toBeGreaterThan(8);
  });

  it("shows every option of the command", () => {
    const options = command().options.flatMap(({ long }) => (long === null ? [] : [long]));
    expect(options.filter((option) => !page.includes(option!))).toEqual([]);
  });

  it("shows the common log form as it is", () => {
    expect(page).toContain(`\n${historyWriters.common.row(entry)}`);
  });
});

describe("docs/history.schema.json", () => {
  it("is what the code says; `npx vitest run -u` writes it anew", async () => {
    const whole = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "dotls history entry",
      ...historySchema,
    };
    await expect(`${JSON.stringify(whole, null, 2)}\n`).toMatchFileSnapshot(schemaFile);
  });

  const schema = z.fromJSONSchema(historySchema as object as z.core.JSONSchema.JSONSchema);
  const entryOf = (
    name: string | null,
    changes: Partial<Outcome>,
    privacy: Privacy = "full",
  ): HistoryEntry | undefined => {
    const ring = new HistoryRing(1, undefined, null, new HistoryPrivacy(privacy));
    ring.ended(outcomeOf(name, changes));
    return ring.entry(0);
  };

  it.each([
    ["of an upstream", entryOf("www.example.com.", {})],
    ["from memory", entryOf("www.example.com.", { source: Source.CACHE, server: null })],
    ["over its time", entryOf("www.example.com.", { source: Source.STALE, server: null, error: "timeout" })],
    ["that could not be read", entryOf(null, { source: Source.LOCAL, server: null, hasEdns: false })],
    ["without an answer", entryOf("x.", { rcode: -1, replySize: 0, server: null })],
    ["of a masked client", entryOf("x.", { clientAddress: "2001:db8::1" }, "mask-clients")],
    ["of a hidden client", entryOf("x.", {}, "hide-clients")],
  ])("holds for a query %s", (_what, entry) => {
    expect(schema.safeParse(JSON.parse(JSON.stringify(entry)))).toMatchObject({ success: true });
    expect(Object.keys(entry!)).toEqual(Object.keys(historySchema.properties));
  });

  it("does not hold for something else", () => {
    const entry = entryOf("www.example.com.", {})!;
    for (const wrong of [
      { ...entry, v: 2 },
      { ...entry, port: 70_000 },
      { ...entry, source: "elsewhere" },
      { ...entry, times: { wait: 1 } },
      { ...entry, name: 7 },
      { v: 1 },
    ]) {
      expect(schema.safeParse(wrong).success).toBe(false);
    }
  });
});
