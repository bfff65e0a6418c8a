import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import type { HistoryFile, HistoryFileOptions } from "../../src/observe/history-file.ts";
import { startHistoryFile } from "../../src/observe/history-file.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { type LogLine, logSpy } from "./log-spy.ts";
import { outcomeOf } from "./outcomes.ts";

export const HOUR = 3_600_000;
export const DAY: number = 24 * HOUR;

/** When each test begins, by its clock. */
export const START: number = Date.UTC(2026, 10, 21, 14, 0, 0);

/** A folder for the files of a history, with a clock that the test turns; all of it anew for each test. */
export interface HistorySite {
  folder: string;
  file: string;
  ring: HistoryRing;
  /** Wall clock, ms. */
  now: number;
  /** Starts to write the ring's entries to the file, or as `options` say; it is stopped when the test is over. */
  begin(options?: Partial<HistoryFileOptions>): Promise<{ history: HistoryFile; lines: LogLine[] }>;
  /** Queries for these names come in. */
  record(...names: string[]): void;
}

/** To be called at the top of a file of tests. */
export function historySite(): HistorySite {
  let running: HistoryFile[] = [];
  const site: HistorySite = {
    folder: "",
    file: "",
    ring: new HistoryRing(0),
    now: START,
    begin: async (options = {}) => {
      const { log, lines } = logSpy();
      const all = { file: site.file, rotate: 1_000_000, keep: 7 * DAY, total: 1e9, every: 1000, ...options };
      const history = await startHistoryFile(site.ring, all, log, () => site.now);
      running.push(history);
      return { history, lines };
    },
    record: (...names) => {
      for (const name of names) site.ring.ended(outcomeOf(name));
    },
  };
  beforeEach(() => {
    site.folder = mkdtempSync(join(tmpdir(), "dotls-history-"));
    site.file = join(site.folder, "history.ndjson");
    site.now = START;
    site.ring = new HistoryRing(1000, { wall: () => site.now, monotonic: () => 0 });
    running = [];
  });
  afterEach(async () => {
    for (const history of running) await history.stop();
    rmSync(site.folder, { recursive: true });
  });
  return site;
}

/** What a file has. Fails unless each line is whole JSON. */
export function entriesIn(path: string): HistoryEntry[] {
  const text = readFileSync(path, "utf8");
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as HistoryEntry);
}

export function namesIn(path: string): (string | null)[] {
  return entriesIn(path).map(({ name }) => name);
}
