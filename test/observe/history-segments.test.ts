import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeExcess, rotate, segmentsOf } from "../../src/observe/history-segments.ts";

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 21, 14, 5, 9, 7);
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dotls-segments-"));
  file = join(folder, "history.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("rotate", () => {
  it("names the file by the time, and never overwrites an earlier one", async () => {
    for (const content of ["first", "second", "third"]) {
      writeFileSync(file, content);
      await rotate(file, now);
    }
    const segments = await segmentsOf(file);
    expect(segments.map(({ path }) => basename(path))).toEqual([
      "history.ndjson.2026-11-21T14-05-09.007Z",
      "history.ndjson.2026-11-21T14-05-09.007Z.1",
      "history.ndjson.2026-11-21T14-05-09.007Z.2",
    ]);
    expect(segments.map(({ path }) => readFileSync(path, "utf8"))).toEqual(["first", "second", "third"]);
    expect(segments.every(({ rotatedAt }) => rotatedAt === now)).toBe(true);
  });
});

describe("removeExcess", () => {
  it("removes rotated files past their time and nothing else", async () => {
    const others = [
      "history.ndjson",
      "history.ndjson.gz",
      "history.ndjson.2000-01-01T00-00-00.000Z.gz",
      "history.ndjson.2000-99-99T00-00-00.000Z",
      "other.2000-01-01T00-00-00.000Z",
    ];
    for (const name of others) writeFileSync(join(folder, name), "");
    for (const age of [0, 7 * DAY, 7 * DAY + 1]) {
      writeFileSync(file, "");
      await rotate(file, now - age);
    }
    writeFileSync(file, "");
    expect(
      (await removeExcess(file, { keep: 7 * DAY, room: 1e9 }, now)).map((path) => basename(path)),
    ).toEqual(["history.ndjson.2026-11-14T14-05-09.006Z"]);
    expect(readdirSync(folder).sort()).toEqual(
      [
        ...others,
        "history.ndjson.2026-11-14T14-05-09.007Z",
        "history.ndjson.2026-11-21T14-05-09.007Z",
      ].sort(),
    );
  });

  it("keeps the newest that there is room for, however young the others are", async () => {
    for (const [minutes, bytes] of [
      [4, 10],
      [3, 100],
      [2, 50],
      [1, 50],
    ] as const) {
      writeFileSync(file, "x".repeat(bytes));
      await rotate(file, now - minutes * 60_000);
    }
    const gone = await removeExcess(file, { keep: 7 * DAY, room: 120 }, now);
    expect(gone.map((path) => basename(path))).toEqual([
      "history.ndjson.2026-11-21T14-01-09.007Z",
      "history.ndjson.2026-11-21T14-02-09.007Z",
    ]);
    expect(await removeExcess(file, { keep: 7 * DAY, room: 100 }, now)).toEqual([]);
  });
});
