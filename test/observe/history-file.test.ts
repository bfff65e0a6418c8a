import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import type { HistoryFile, HistoryFileOptions } from "../../src/observe/history-file.ts";
import { forgetHistoryFiles, startHistoryFile } from "../../src/observe/history-file.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { program } from "../support/needs.ts";
import { logSpy } from "./log-spy.ts";
import { outcomeOf } from "./outcomes.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = Date.UTC(2026, 10, 21, 14, 0, 0);

let folder: string;
let file: string;
let ring: HistoryRing;
let now: number;
let running: HistoryFile[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dotls-history-"));
  file = join(folder, "history.ndjson");
  now = start;
  ring = new HistoryRing(1000, { wall: () => now, monotonic: () => 0 });
  running = [];
});

afterEach(async () => {
  for (const history of running) await history.stop();
  rmSync(folder, { recursive: true });
});

async function begin(options: Partial<HistoryFileOptions> = {}) {
  const { log, lines } = logSpy();
  const all = { file, rotate: 1_000_000, keep: 7 * DAY, total: 1e9, every: 1000, ...options };
  const history = await startHistoryFile(ring, all, log, () => now);
  running.push(history);
  return { history, lines };
}

function record(...names: string[]): void {
  for (const name of names) ring.ended(outcomeOf(name));
}

/** Fails unless each line is whole JSON. */
function entriesIn(path: string): HistoryEntry[] {
  const text = readFileSync(path, "utf8");
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as HistoryEntry);
}

const namesIn = (path: string): (string | null)[] => entriesIn(path).map(({ name }) => name);

describe("HistoryFile", () => {
  it("appends what is recorded after its start, each entry as the ring gives it", async () => {
    record("before.");
    const { history } = await begin();
    record("one.", "two.");
    await history.flush();
    record("three.");
    await history.stop();
    expect(entriesIn(file)).toEqual([1, 2, 3].map((sequence) => ring.entry(sequence)));
    expect(history.status()).toEqual({ path: file, written: 3, lost: 0, error: null });
  });

  it("makes the file readable for owner and group alone", async () => {
    await begin();
    expect((statSync(file).mode & 0o777 & ~0o640).toString(8)).toBe("0");
  });

  it("goes on behind what is there, and writes by itself within two seconds", async () => {
    writeFileSync(file, '{"v":1,"name":"earlier."}\n');
    await begin();
    record("later.");
    await vi.waitFor(() => expect(namesIn(file)).toEqual(["earlier.", "later."]), { timeout: 2500 });
  });

  it("is not overrun by a burst between two ticks of its timer", async () => {
    const { history } = await begin();
    for (let burst = 1; burst <= 8; burst++) {
      for (let i = 0; i < 250; i++) record(`n${i}.`);
      const all = { written: burst * 250, lost: 0 };
      await vi.waitFor(() => expect(history.status()).toMatchObject(all), { timeout: 700, interval: 2 });
    }
  });

  it("counts and says once what was overwritten before it could be written", async () => {
    const { history, lines } = await begin();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 1500; i++) record(`n${i}.`);
      await history.flush();
    }
    expect(history.status()).toMatchObject({ written: 2000, lost: 1000 });
    expect(namesIn(file)[0]).toBe("n500.");
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "warn: queries come faster than the history file is written",
    ]);
  });

  it.each([
    ["a folder that is not there", () => join(folder, "none", "history.ndjson"), "ENOENT"],
    ["a folder", () => folder, "EISDIR"],
  ])("refuses to start on %s", async (_what, path, errno) => {
    await expect(begin({ file: path() })).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_FILE",
      message: expect.stringMatching(`cannot write the history file: ${errno}.*${folder}`),
    });
  });
});

describe("a history of no queries", () => {
  it("cannot be written: nothing would ever reach the file", async () => {
    ring = new HistoryRing(0);
    await expect(begin()).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_FILE",
      message: expect.stringContaining("history.size is 0"),
    });
    expect(existsSync(file)).toBe(false);
  });
});

describe("a line that a crash cut short", () => {
  it.each([
    ["a piece of an entry is cut off", '{"v":1,"a":1}\n{"v":1,"time":"2026-', '{"v":1,"a":1}\n'],
    ["its first byte too", '{"v":1,"a":1}\n{', '{"v":1,"a":1}\n'],
    ["a piece alone", '{"v":1,"time":"2026-', ""],
    ["a whole entry gets its newline", '{"v":1,"a":1}\n{"v":1,"a":2}', '{"v":1,"a":1}\n{"v":1,"a":2}\n'],
    ["what is not ours is ended, not cut", "127.0.0.1 localhost", "127.0.0.1 localhost\n"],
    ["nothing to do", '{"v":1,"a":1}\n', '{"v":1,"a":1}\n'],
    ["the line before it is long", `${" ".repeat(70_000)}\n{"v":1,`, `${" ".repeat(70_000)}\n`],
  ])("%s", async (_what, before, after) => {
    writeFileSync(file, before);
    const { history } = await begin();
    expect(readFileSync(file, "utf8")).toBe(after);
    record("next.");
    await history.flush();
    expect(readFileSync(file, "utf8")).toBe(`${after}${JSON.stringify(ring.entry(0))}\n`);
  });
});

describe("rotation", () => {
  it("happens at the size, under the name of the time", async () => {
    const { history } = await begin({ rotate: 1000 });
    for (const name of ["one.", "two.", "three.", "four.", "five."]) {
      record(name);
      now += 1000;
      await history.flush();
    }
    const segments = readdirSync(folder)
      .filter((name) => name !== "history.ndjson")
      .sort();
    expect(segments).toEqual([expect.stringMatching(/^history\.ndjson\.2026-11-21T14-00-0\d\.000Z$/)]);
    expect(statSync(join(folder, segments[0]!)).size).toBeGreaterThanOrEqual(1000);
    expect([...namesIn(join(folder, segments[0]!)), ...namesIn(file)]).toEqual([
      "one.",
      "two.",
      "three.",
      "four.",
      "five.",
    ]);
  });

  it("happens after a day, so that a quiet server lets go of old entries", async () => {
    const { history } = await begin();
    record("one.");
    await history.flush();
    now = start + DAY - 1;
    record("two.");
    await history.flush();
    expect(namesIn(file)).toEqual(["one.", "two."]);
    now = start + DAY;
    record("three.");
    await history.flush();
    expect(namesIn(file)).toEqual(["three."]);
    expect(namesIn(`${file}.2026-11-22T14-00-00.000Z`)).toEqual(["one.", "two."]);
  });

  it("and the removal after it need no queries", async () => {
    const { history } = await begin();
    record("one.");
    await history.flush();
    now = start + DAY;
    await history.flush();
    expect(readdirSync(folder)).toHaveLength(2);
    expect(entriesIn(file)).toEqual([]);
    now += 7 * DAY + HOUR;
    await history.flush();
    expect(readdirSync(folder)).toEqual(["history.ndjson"]);
  });

  it("counts the day from the first entry of the file, also after a restart", async () => {
    writeFileSync(file, '{"v":1,"time":"2026-11-20T14:00:00.000Z","name":"old."}\n');
    const { history } = await begin();
    record("new.");
    await history.flush();
    expect(namesIn(file)).toEqual(["new."]);
    expect(namesIn(`${file}.2026-11-21T14-00-00.000Z`)).toEqual(["old."]);
  });

  it("keeps rotated files for the time that was asked, by an injected clock", async () => {
    const { history } = await begin({ rotate: 1, keep: 2 * DAY });
    for (const name of ["one.", "two.", "three."]) {
      record(name);
      await history.flush();
      now += 12 * HOUR;
    }
    const rotatedAfter = async (hours: number): Promise<string[]> => {
      now = start + hours * HOUR;
      await history.flush();
      return readdirSync(folder)
        .filter((name) => name.includes("T"))
        .sort();
    };
    const [first, second, third] = [
      "history.ndjson.2026-11-22T02-00-00.000Z",
      "history.ndjson.2026-11-22T14-00-00.000Z",
      "history.ndjson.2026-11-23T02-00-00.000Z",
    ];
    expect(await rotatedAfter(36)).toEqual([first, second, third]);
    expect(await rotatedAfter(12 + 48)).toEqual([first, second, third]);
    expect(await rotatedAfter(12 + 49)).toEqual([second, third]);
    expect(await rotatedAfter(24 + 49)).toEqual([third]);
    expect(await rotatedAfter(36 + 49)).toEqual([]);
  });

  it("that fails is said once, and the entries are written nevertheless", async () => {
    const { history, lines } = await begin({ rotate: 1 });
    record("one.");
    await history.flush();
    // Nobody, root included, can rename onto a name that is too long.
    const long = join(folder, "x".repeat(250));
    await history.stop();
    const other = await begin({ rotate: 1, file: long });
    for (const name of ["two.", "three.", "four."]) {
      record(name);
      await other.history.flush();
    }
    expect(namesIn(long)).toEqual(["two.", "three.", "four."]);
    expect(other.lines).toEqual([
      expect.objectContaining({ level: "warn", message: "the history file cannot be rotated, it grows on" }),
    ]);
    expect(lines).toEqual([]);
  });
});

describe("a file that somebody else touches", () => {
  it("is made anew when it was moved away", async () => {
    const { history } = await begin();
    record("one.");
    await history.flush();
    renameSync(file, `${file}.moved`);
    record("two.");
    await history.flush();
    expect(namesIn(`${file}.moved`)).toEqual(["one."]);
    expect(namesIn(file)).toEqual(["two."]);
  });

  it("is made anew when it was removed", async () => {
    const { history, lines } = await begin();
    record("one.");
    await history.flush();
    unlinkSync(file);
    record("two.");
    await history.flush();
    expect(namesIn(file)).toEqual(["two."]);
    expect(lines).toEqual([]);
  });

  it("comes back with its folder, and nothing that the ring still holds is lost", async () => {
    const { history, lines } = await begin();
    await history.flush();
    const away = `${folder}.away`;
    renameSync(folder, away);
    record("one.");
    await history.flush();
    record("two.");
    await history.flush();
    expect(history.status().error).toMatch(/^ENOENT/);
    mkdirSync(folder);
    record("three.");
    await history.flush();
    expect(namesIn(file)).toEqual(["one.", "two.", "three."]);
    expect(history.status()).toMatchObject({ written: 3, lost: 0, error: null });
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "error: the history file cannot be written; queries go on",
      "info: the history file is written again",
    ]);
    rmSync(away, { recursive: true });
  });
});

describe("the time between two writes", () => {
  it("is waited for, unless memory fills up", async () => {
    await begin({ every: 3000 });
    const began = performance.now();
    record("one.");
    await vi.waitFor(() => expect(namesIn(file)).toEqual(["one."]), { timeout: 6000 });
    expect(performance.now() - began).toBeGreaterThan(2000);
    const again = performance.now();
    for (let i = 0; i < 250; i++) record("burst.");
    await vi.waitFor(() => expect(namesIn(file).length).toBeGreaterThan(200), { timeout: 6000, interval: 5 });
    expect(performance.now() - again).toBeLessThan(2000);
  });
});

describe("all files together", () => {
  it("never take more than their total, the oldest go first", async () => {
    const { history } = await begin({ rotate: 4096, total: 3 * 4096 });
    const used = (): number =>
      readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    for (let round = 0; round < 60; round++) {
      now += 1000;
      for (let i = 0; i < 4; i++) record(`n${round}-${i}.`);
      await history.flush();
      // A batch may go beyond the size at which a file is rotated.
      expect(used()).toBeLessThan(3 * 4096 + 4 * 600);
    }
    expect(used()).toBeGreaterThan(4096);
    expect(namesIn(file).at(-1)).toBe("n59-3.");
  });
});

describe("forgetting", () => {
  it("empties the file, removes what was rotated away, and what waits is never written", async () => {
    const { history, lines } = await begin({ rotate: 1000 });
    const reader = openSync(file, "r");
    for (const name of ["one.", "two.", "three.", "four.", "five."]) {
      record(name);
      now += 1000;
      await history.flush();
    }
    expect(readdirSync(folder).length).toBeGreaterThan(1);
    record("waiting.");
    ring.forget();
    await history.forget();
    expect(readdirSync(folder)).toEqual(["history.ndjson"]);
    expect(statSync(file).size).toBe(0);
    closeSync(reader);
    record("new.");
    await history.flush();
    expect(namesIn(file)).toEqual(["new."]);
    expect(history.status()).toMatchObject({ written: 6, lost: 0, error: null });
    expect(lines).toEqual([]);
  });

  it("waits for the write under way, and others wait for it", async () => {
    const { history } = await begin();
    for (let i = 0; i < 900; i++) record(`n${i}.`);
    const writing = history.flush();
    const forgetting = history.forget();
    const next = history.flush();
    await Promise.all([writing, forgetting, next]);
    record("after.");
    await history.flush();
    expect(namesIn(file)).toEqual(["after."]);
  });

  it("says what could not be removed", async () => {
    const { history } = await begin();
    const segment = `${file}.2026-11-20T00-00-00.000Z`;
    mkdirSync(segment);
    writeFileSync(join(segment, "x"), "");
    await expect(history.forget()).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_FILE",
      message: expect.stringContaining("cannot remove the history"),
    });
    // It goes on all the same.
    record("after.");
    await history.flush();
    expect(namesIn(file)).toEqual(["after."]);
  });

  it("without a server empties and removes as well, and does not mind that there is nothing", async () => {
    writeFileSync(file, "x\n");
    writeFileSync(`${file}.2026-11-20T00-00-00.000Z`, "y\n");
    await forgetHistoryFiles(file);
    expect([readdirSync(folder), statSync(file).size]).toEqual([["history.ndjson"], 0]);
    await forgetHistoryFiles(join(folder, "none", "history.ndjson"));
  });
});

describe("a full disk", () => {
  it.skipIf(!existsSync("/dev/full"))(
    "is said once, costs only what the ring overwrites, and heals",
    async () => {
      symlinkSync("/dev/full", file);
      const { history, lines } = await begin();
      for (let i = 0; i < 600; i++) record(`n${i}.`);
      await history.flush();
      await history.flush();
      expect(history.status()).toMatchObject({
        written: 0,
        lost: 0,
        error: expect.stringContaining("ENOSPC"),
      });
      for (let i = 600; i < 1600; i++) record(`n${i}.`);
      expect(history.status().lost).toBe(600);
      await history.flush();
      expect(lines.map(({ level }) => level)).toEqual(["error"]);

      unlinkSync(file);
      await history.flush();
      expect(history.status()).toMatchObject({ written: 1000, lost: 600, error: null });
      expect(namesIn(file)[0]).toBe("n600.");
      expect(namesIn(file).at(-1)).toBe("n1599.");
      expect(lines[1]).toEqual({
        level: "info",
        message: "the history file is written again",
        fields: { file, lost: 600 },
      });
    },
  );

  it("at the end counts as lost what could not be written", async () => {
    const { history } = await begin();
    renameSync(folder, `${folder}.away`);
    record("one.", "two.");
    await history.stop();
    expect(history.status()).toMatchObject({ written: 0, lost: 2 });
    renameSync(`${folder}.away`, folder);
  });

  const disk = smallDisk();
  it.skipIf(disk === null)("in the middle of a batch leaves whole lines, none of them twice", async () => {
    const onDisk = join(disk!, "history.ndjson");
    const { history } = await begin({ file: onDisk });
    appendFileSync(join(disk!, "ballast"), Buffer.alloc(100_000));
    for (let i = 0; i < 300; i++) record(`n${i}.`);
    await history.flush();
    expect(history.status().error).toMatch(/^ENOSPC/);
    const { written } = history.status();
    expect(written).toBeGreaterThan(0);
    unlinkSync(join(disk!, "ballast"));
    await history.flush();
    expect(history.status()).toMatchObject({ written: expect.any(Number), lost: 0 });
    expect(namesIn(onDisk)).toEqual(Array.from({ length: history.status().written }, (_, i) => `n${i}.`));
    expect(history.status().written).toBeGreaterThan(written);
  });
  afterAll(() => {
    if (disk === null) return;
    execFileSync(program("umount")!, [disk]);
    rmdirSync(disk);
  });
});

/** A file system of 160 KiB, when this user may mount one. */
function smallDisk(): string | null {
  const at = mkdtempSync(join(tmpdir(), "dotls-disk-"));
  try {
    execFileSync(program("mount")!, ["-t", "tmpfs", "-o", "size=160k", "tmpfs", at], { stdio: "ignore" });
    chmodSync(at, 0o700);
    return at;
  } catch {
    rmSync(at, { recursive: true });
    return null;
  }
}
