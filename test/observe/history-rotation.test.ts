import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DAY, HOUR, START, entriesIn, namesIn, historySite } from "./history-site.ts";

const site = historySite();

describe("rotation", () => {
  it("happens at the size, under the name of the time", async () => {
    const { history } = await site.begin({ rotate: 1000 });
    for (const name of ["one.", "two.", "three.", "four.", "five."]) {
      site.record(name);
      site.now += 1000;
      await history.flush();
    }
    const segments = readdirSync(site.folder)
      .filter((name) => name !== "history.ndjson")
      .sort();
    expect(segments).toEqual([expect.stringMatching(/^history\.ndjson\.2026-11-21T14-00-0\d\.000Z$/)]);
    expect(statSync(join(site.folder, segments[0]!)).size).toBeGreaterThanOrEqual(1000);
    expect([...namesIn(join(site.folder, segments[0]!)), ...namesIn(site.file)]).toEqual([
      "one.",
      "two.",
      "three.",
      "four.",
      "five.",
    ]);
  });

  it("happens after a day, so that a quiet server lets go of old entries", async () => {
    const { history } = await site.begin();
    site.record("one.");
    await history.flush();
    site.now = START + DAY - 1;
    site.record("two.");
    await history.flush();
    expect(namesIn(site.file)).toEqual(["one.", "two."]);
    site.now = START + DAY;
    site.record("three.");
    await history.flush();
    expect(namesIn(site.file)).toEqual(["three."]);
    expect(namesIn(`${site.file}.2026-11-22T14-00-00.000Z`)).toEqual(["one.", "two."]);
  });

  it("and the removal after it need no queries", async () => {
    const { history } = await site.begin();
    site.record("one.");
    await history.flush();
    site.now = START + DAY;
    await history.flush();
    expect(readdirSync(site.folder)).toHaveLength(2);
    expect(entriesIn(site.file)).toEqual([]);
    site.now += 7 * DAY + HOUR;
    await history.flush();
    expect(readdirSync(site.folder)).toEqual(["history.ndjson"]);
  });

  it("counts the day from the first entry of the file, also after a restart", async () => {
    writeFileSync(site.file, '{"v":1,"time":"2026-11-20T14:00:00.000Z","name":"old."}\n');
    const { history } = await site.begin();
    site.record("new.");
    await history.flush();
    expect(namesIn(site.file)).toEqual(["new."]);
    expect(namesIn(`${site.file}.2026-11-21T14-00-00.000Z`)).toEqual(["old."]);
  });

  it("keeps rotated files for the time that was asked, by an injected clock", async () => {
    const { history } = await site.begin({ rotate: 1, keep: 2 * DAY });
    for (const name of ["one.", "two.", "three."]) {
      site.record(name);
      await history.flush();
      site.now += 12 * HOUR;
    }
    const rotatedAfter = async (hours: number): Promise<string[]> => {
      site.now = START + hours * HOUR;
      await history.flush();
      return readdirSync(site.folder)
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
    const { history, lines } = await site.begin({ rotate: 1 });
    site.record("one.");
    await history.flush();
    // Nobody, root included, can rename onto a name that is too long.
    const long = join(site.folder, "x".repeat(250));
    await history.stop();
    const other = await site.begin({ rotate: 1, file: long });
    for (const name of ["two.", "three.", "four."]) {
      site.record(name);
      await other.history.flush();
    }
    expect(namesIn(long)).toEqual(["two.", "three.", "four."]);
    expect(other.lines).toEqual([
      expect.objectContaining({ level: "warn", message: "the history file cannot be rotated, it grows on" }),
    ]);
    expect(lines).toEqual([]);
  });
});

describe("all files together", () => {
  it("never take more than their total, the oldest go first", async () => {
    const { history } = await site.begin({ rotate: 4096, total: 3 * 4096 });
    const used = (): number =>
      readdirSync(site.folder).reduce((sum, name) => sum + statSync(join(site.folder, name)).size, 0);
    for (let round = 0; round < 60; round++) {
      site.now += 1000;
      for (let i = 0; i < 4; i++) site.record(`n${round}-${i}.`);
      await history.flush();
      // A batch may go beyond the size at which a file is rotated.
      expect(used()).toBeLessThan(3 * 4096 + 4 * 600);
    }
    expect(used()).toBeGreaterThan(4096);
    expect(namesIn(site.file).at(-1)).toBe("n59-3.");
  });
});
