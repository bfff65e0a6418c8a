import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { historyFilter } from "../../src/observe/history-filter.ts";
import { HistoryPrivacy } from "../../src/observe/history-privacy.ts";
import { readHistory } from "../../src/observe/history-reader.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "./outcomes.ts";

let folder: string;
let ring: HistoryRing;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dotls-reader-"));
  ring = new HistoryRing(1000);
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

function line(name: string): string {
  ring.ended(outcomeOf(name));
  return JSON.stringify(ring.entry(ring.recorded - 1));
}

async function read(paths: string[], name = "*", limit: number | null = null) {
  const onUnreadable = vi.fn<(lines: number) => void>();
  const names: (string | null)[] = [];
  const filter = historyFilter({ name });
  for await (const entry of readHistory(paths, { filter, limit, onUnreadable })) names.push(entry.name);
  return { names, unreadable: onUnreadable.mock.calls.flat() };
}

describe("readHistory", () => {
  it("reads files in their order, a last line without its end too", async () => {
    const paths = [
      written("a", line("one."), line("two."), ""),
      written("b", ""),
      written("c", line("three.")),
    ];
    expect(await read(paths)).toEqual({ names: ["one.", "two.", "three."], unreadable: [] });
  });

  it("reads entries whose client is hidden", async () => {
    ring = new HistoryRing(1, undefined, null, new HistoryPrivacy("hide-clients"));
    expect(await read([written("a", line("one."))])).toEqual({ names: ["one."], unreadable: [] });
  });

  it("keeps the newest of those that match, across files", async () => {
    const lines = Array.from({ length: 500 }, (_, i) => line(`${i % 2 === 0 ? "even" : "odd"}${i}.`));
    const paths = [written("a", ...lines.slice(0, 250), ""), written("b", ...lines.slice(250), "")];
    expect((await read(paths, "even*", 3)).names).toEqual(["even494.", "even496.", "even498."]);
    expect((await read(paths, "odd1?", 100)).names).toEqual([
      "odd11.",
      "odd13.",
      "odd15.",
      "odd17.",
      "odd19.",
    ]);
    expect((await read(paths, "*", 0)).names).toEqual([]);
    expect((await read(paths)).names).toHaveLength(500);
  });

  it("leaves out and counts what is no entry", async () => {
    const path = written("a", line("one."), '{"v":1,"ti', "null", "[]", '{"v":1}', "text", line("two."), "");
    expect(await read([path])).toEqual({ names: ["one.", "two."], unreadable: [5] });
  });

  it("says which file cannot be read", async () => {
    await expect(read([join(folder, "none")])).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_FILE",
      message: expect.stringMatching(/^cannot read the history file: ENOENT.*none/),
    });
    await expect(read([folder])).rejects.toMatchObject({ code: "ERR_DOTLS_HISTORY_FILE" });
  });
});
