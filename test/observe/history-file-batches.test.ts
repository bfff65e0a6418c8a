import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type HistoryFile, startHistoryFile } from "../../src/observe/history-file.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { AppendError, LineFile } from "../../src/observe/line-file.ts";
import { logSpy } from "./log-spy.ts";
import { outcomeOf } from "./outcomes.ts";

const start = Date.UTC(2026, 10, 21, 14, 0, 0);

let folder: string;
let file: string;
let running: HistoryFile[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dotls-batches-"));
  file = join(folder, "history.ndjson");
  running = [];
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const history of running) await history.stop();
  rmSync(folder, { recursive: true });
});

/** A file of a ring that nothing but the test makes it write. */
async function begin(size: number, rotate = 1e9) {
  const ring = new HistoryRing(size, { wall: () => start, monotonic: () => 0 });
  const { log, lines } = logSpy();
  const options = { file, rotate, keep: 1e9, total: 2e9, every: 1e9 };
  const history = await startHistoryFile(ring, options, log, () => start);
  ring.wakeEachQuarter(null);
  running.push(history);
  await history.flush();
  const record = (from: number, to: number): void => {
    for (let number = from; number < to; number++) ring.ended(outcomeOf(`n${number}.example.`));
  };
  return { history, record, log: lines };
}

type Append = (this: LineFile, lines: Buffer) => Promise<void>;

/** Puts something around the writing of a piece. */
function aroundAppend(around: (lines: Buffer, write: (some: Buffer) => Promise<void>) => Promise<void>) {
  const append = Object.getOwnPropertyDescriptor(LineFile.prototype, "append")!.value as Append;
  return vi.spyOn(LineFile.prototype, "append").mockImplementation(async function (this: LineFile, lines) {
    await around(lines, (some) => append.call(this, some));
  });
}

/** The numbers in the names that the file holds; each line must be whole. */
function numbers(): number[] {
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Number((JSON.parse(line) as { name: string }).name.slice(1, -".example.".length)));
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

describe("what a busy server writes", () => {
  it("goes to the file in few pieces, and the file is looked for once", async () => {
    const { history, record } = await begin(8192);
    const append = vi.spyOn(LineFile.prototype, "append");
    const isGone = vi.spyOn(LineFile.prototype, "isGone");
    record(0, 8192);
    await history.flush();
    expect(numbers()).toEqual(upTo(0, 8192));
    expect(append).toHaveBeenCalledTimes(4);
    expect(isGone).toHaveBeenCalledTimes(1);
  });

  it("waits for the next time when it came after the writing began: one write does not go on for ever", async () => {
    const { history, record } = await begin(8192);
    let next = 10;
    const busy = aroundAppend(async (lines, write) => {
      record(next, (next += 10));
      await write(lines);
    });
    record(0, 10);
    await history.flush();
    expect(busy).toHaveBeenCalledTimes(1);
    expect(numbers()).toEqual(upTo(0, 10));
    busy.mockRestore();
    await history.flush();
    expect(numbers()).toEqual(upTo(0, 20));
  });

  it("is all in the file at the end, with what came while the last of it was written", async () => {
    const { history, record } = await begin(8192);
    let rounds = 3;
    aroundAppend(async (lines, write) => {
      if (rounds-- > 0) record(10 * (3 - rounds), 10 * (4 - rounds));
      await write(lines);
    });
    record(0, 10);
    await history.stop();
    expect(numbers()).toEqual(upTo(0, 40));
    expect(history.status()).toMatchObject({ written: 40, lost: 0 });
  });

  it("is parted where the file has its size, to a few lines", async () => {
    const rotate = 100_000;
    const { history, record } = await begin(4096, rotate);
    record(0, 3000);
    await history.flush();
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    const rotated = sizes.filter((size) => size >= rotate);
    expect(rotated.length).toBeGreaterThan(5);
    expect(sizes.length).toBe(rotated.length + 1);
    expect(Math.max(...rotated)).toBeLessThan(rotate + 4 * 400);
  });

  it("is counted line by line, as is what the ring let go of between two pieces", async () => {
    const { history, record, log } = await begin(5120);
    let next = 5120;
    aroundAppend(async (lines, write) => {
      await write(lines);
      if (next === 5120) record(next, (next += 3000));
    });
    record(0, 5120);
    await history.flush();
    await history.flush();
    // The first piece has 2560; of the others 440 were overwritten while that was written.
    expect(numbers()).toEqual([...upTo(0, 2560), ...upTo(3000, 8120)]);
    expect(history.status()).toMatchObject({ written: 7680, lost: 440 });
    expect(log.map(({ message }) => message)).toEqual([
      "queries come faster than the history file is written",
    ]);
  });

  it("is written again from the first line that did not reach the file, and no line twice", async () => {
    const { history, record } = await begin(8192);
    const failing = aroundAppend(async (lines, write) => {
      const half = lines.subarray(0, lines.indexOf("\n", lines.length / 2) + 1);
      await write(half);
      throw new AppendError(half.toString().split("\n").length - 1, new Error("full"));
    });
    record(0, 3000);
    await history.flush();
    expect(history.status().error).toBe("full");
    failing.mockRestore();
    await history.flush();
    expect(numbers()).toEqual(upTo(0, 3000));
    expect(history.status()).toMatchObject({ written: 3000, lost: 0, error: null });
  });
});
