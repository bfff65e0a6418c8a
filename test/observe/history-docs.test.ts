import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { command } from "../../src/cli/history.ts";
import { historyHeader, historyRow } from "../../src/cli/history-table.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "./outcomes.ts";

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
});
