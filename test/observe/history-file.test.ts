import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { entriesIn, namesIn, historySite } from "./history-site.ts";

const site = historySite();

describe("HistoryFile", () => {
  it("appends what is recorded after its start, each entry as the ring gives it", async () => {
    site.record("before.");
    const { history } = await site.begin();
    site.record("one.", "two.");
    await history.flush();
    site.record("three.");
    await history.stop();
    expect(entriesIn(site.file)).toEqual([1, 2, 3].map((sequence) => site.ring.entry(sequence)));
    expect(history.status()).toEqual({ path: site.file, written: 3, lost: 0, error: null });
  });

  it("makes the file readable for owner and group alone", async () => {
    await site.begin();
    expect((statSync(site.file).mode & 0o777 & ~0o640).toString(8)).toBe("0");
  });

  it("goes on behind what is there, and writes by itself within two seconds", async () => {
    writeFileSync(site.file, '{"v":1,"name":"earlier."}\n');
    await site.begin();
    site.record("later.");
    await vi.waitFor(() => expect(namesIn(site.file)).toEqual(["earlier.", "later."]), { timeout: 2500 });
  });

  it("is not overrun by a burst between two ticks of its timer", async () => {
    const { history } = await site.begin();
    for (let burst = 1; burst <= 8; burst++) {
      for (let i = 0; i < 250; i++) site.record(`n${i}.`);
      const all = { written: burst * 250, lost: 0 };
      await vi.waitFor(() => expect(history.status()).toMatchObject(all), { timeout: 700, interval: 2 });
    }
  });

  it("counts and says once what was overwritten before it could be written", async () => {
    const { history, lines } = await site.begin();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 1500; i++) site.record(`n${i}.`);
      await history.flush();
    }
    expect(history.status()).toMatchObject({ written: 2000, lost: 1000 });
    expect(namesIn(site.file)[0]).toBe("n500.");
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "warn: queries come faster than the history file is written",
    ]);
  });

  it.each([
    ["a folder that is not there", () => join(site.folder, "none", "history.ndjson"), "ENOENT"],
    ["a folder", () => site.folder, "EISDIR"],
  ])("refuses to start on %s", async (_what, path, errno) => {
    await expect(site.begin({ file: path() })).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_FILE",
      message: expect.stringMatching(`cannot write the history file: ${errno}.*${site.folder}`),
    });
  });
});

describe("a history of no queries", () => {
  it("cannot be written: nothing would ever reach the file", async () => {
    site.ring = new HistoryRing(0);
    await expect(site.begin()).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_FILE",
      message: expect.stringContaining("history.size is 0"),
    });
    expect(existsSync(site.file)).toBe(false);
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
    writeFileSync(site.file, before);
    const { history } = await site.begin();
    expect(readFileSync(site.file, "utf8")).toBe(after);
    site.record("next.");
    await history.flush();
    expect(readFileSync(site.file, "utf8")).toBe(`${after}${JSON.stringify(site.ring.entry(0))}\n`);
  });
});

describe("a file that somebody else touches", () => {
  it("is made anew when it was moved away", async () => {
    const { history } = await site.begin();
    site.record("one.");
    await history.flush();
    renameSync(site.file, `${site.file}.moved`);
    site.record("two.");
    await history.flush();
    expect(namesIn(`${site.file}.moved`)).toEqual(["one."]);
    expect(namesIn(site.file)).toEqual(["two."]);
  });

  it("is made anew when it was removed", async () => {
    const { history, lines } = await site.begin();
    site.record("one.");
    await history.flush();
    unlinkSync(site.file);
    site.record("two.");
    await history.flush();
    expect(namesIn(site.file)).toEqual(["two."]);
    expect(lines).toEqual([]);
  });

  it("comes back with its folder, and nothing that the ring still holds is lost", async () => {
    const { history, lines } = await site.begin();
    await history.flush();
    const away = `${site.folder}.away`;
    renameSync(site.folder, away);
    site.record("one.");
    await history.flush();
    site.record("two.");
    await history.flush();
    expect(history.status().error).toMatch(/^ENOENT/);
    mkdirSync(site.folder);
    site.record("three.");
    await history.flush();
    expect(namesIn(site.file)).toEqual(["one.", "two.", "three."]);
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
    await site.begin({ every: 3000 });
    const began = performance.now();
    site.record("one.");
    await vi.waitFor(() => expect(namesIn(site.file)).toEqual(["one."]), { timeout: 6000 });
    expect(performance.now() - began).toBeGreaterThan(2000);
    const again = performance.now();
    for (let i = 0; i < 250; i++) site.record("burst.");
    await vi.waitFor(() => expect(namesIn(site.file).length).toBeGreaterThan(200), {
      timeout: 6000,
      interval: 5,
    });
    expect(performance.now() - again).toBeLessThan(2000);
  });
});
