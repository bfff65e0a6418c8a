import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerCache, Found } from "../../src/cache/answer-cache.ts";
import { loadCache } from "../../src/cache/load-cache.ts";
import { saveCache } from "../../src/cache/save-cache.ts";
import { DotlsError } from "../../src/errors.ts";
import { folderWith } from "../support/config-folder.ts";
import { addressReply, ownCache, OwnTime, question, recordsOf, terms } from "../support/stored-answers.ts";

const SIZE = 4 * 1024 * 1024;

/** A cache with so many answers, saved. */
function saved(count: number): { file: string; time: OwnTime; cache: AnswerCache } {
  const { cache, time } = ownCache(SIZE);
  for (let i = 0; i < count; i++) cache.store(question(`n${i}.test`), addressReply(`n${i}.test`, i), terms());
  const file = join(folderWith({}), "cache");
  saveCache(cache, file, time.wall());
  return { file, time, cache };
}

/** Whether the file is refused, with its reason, and the cache begins empty and works. */
function refusal(file: string, time: OwnTime, size = SIZE): string {
  const { memory, restored, dropped } = loadCache(file, size, time);
  expect(restored).toBe(false);
  expect(dropped).toBeInstanceOf(DotlsError);
  expect(dropped!.code).toBe("ERR_DOTLS_CACHE_FILE");
  const cache = new AnswerCache(memory, time);
  expect(cache.usage()).toMatchObject({ used: 0, positives: 0 });
  expect(cache.find(question("n0.test"))).toBe(Found.MISS);
  cache.store(question("n0.test"), addressReply("n0.test", 77), terms());
  expect(cache.find(question("n0.test"))).toBe(Found.FRESH);
  return dropped!.message;
}

function failure(action: () => void): DotlsError {
  try {
    action();
  } catch (error) {
    if (error instanceof DotlsError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("a saved cache", () => {
  it("has all its answers when it is loaded, and takes new ones", () => {
    const { file, time, cache: before } = saved(10_000);
    const { memory, restored, dropped } = loadCache(file, SIZE, time);
    expect({ restored, dropped }).toEqual({ restored: true, dropped: null });
    const cache = new AnswerCache(memory, time);
    // Both sets of a key may be full, which costs one of ten thousand now and then.
    expect(before.usage().positives).toBeGreaterThan(9950);
    expect(cache.usage()).toEqual(before.usage());
    for (let i = 0; i < 10_000; i++) {
      if (before.find(question(`n${i}.test`)) === Found.MISS) continue;
      if (cache.find(question(`N${i}.test`)) !== Found.FRESH) throw new Error(`n${i} is missing`);
      if (recordsOf(cache)!.readUInt32BE(12) !== i) throw new Error(`n${i} has another answer`);
    }
    cache.store(question("new.test"), addressReply("new.test", 5), terms());
    expect(cache.find(question("new.test"))).toBe(Found.FRESH);
  });

  it("is for the purpose that it was saved for, and no other", () => {
    const { cache, time } = ownCache(SIZE);
    const file = join(folderWith({}), "cache");
    saveCache(cache, file, time.wall(), Buffer.from("routes A"));
    expect(loadCache(file, SIZE, time, Buffer.from("routes A")).restored).toBe(true);
    for (const other of ["routes B", "routes A2", "routes", ""]) {
      const { restored, dropped } = loadCache(file, SIZE, time, Buffer.from(other));
      expect(restored).toBe(false);
      expect(dropped!.message).toContain("other upstreams or routes");
    }
  });

  it("is empty when it was empty", () => {
    const { file, time } = saved(0);
    expect(statSync(file).size).toBeLessThan(10_000);
    const { memory, restored } = loadCache(file, SIZE, time);
    expect(restored).toBe(true);
    expect(new AnswerCache(memory, time).usage()).toMatchObject({ used: 0, positives: 0 });
  });

  it("takes as much of the disk as there is in it", () => {
    expect(statSync(saved(100).file).size).toBeLessThan(600_000);
  });

  it("is older by the time that passed meanwhile, in another process with another monotonic clock", () => {
    const { file, time } = saved(1);
    const later = new OwnTime();
    later.wallSeconds = time.wallSeconds + 100;
    later.monotonicSeconds = 3;
    const cache = new AnswerCache(loadCache(file, SIZE, later).memory, later);
    expect(cache.find(question("n0.test"))).toBe(Found.FRESH);
    expect(cache).toMatchObject({ age: 100, left: 200 });
    later.pass(201);
    cache.tick();
    expect(cache.find(question("n0.test"))).toBe(Found.STALE);
  });

  it("has forgotten what failed", () => {
    const { cache, time } = ownCache(SIZE);
    cache.storeFailure(question("n0.test"), 2, new Uint8Array(0), 300, 300);
    const file = join(folderWith({}), "cache");
    saveCache(cache, file, time.wall());
    const loaded = new AnswerCache(loadCache(file, SIZE, time).memory, time);
    expect(loaded.findFailure(question("n0.test"))).toBe(Found.MISS);
  });

  it("can be saved again", () => {
    const { file, time } = saved(10);
    const again = new AnswerCache(loadCache(file, SIZE, time).memory, time);
    saveCache(again, file, time.wall());
    expect(loadCache(file, SIZE, time).restored).toBe(true);
  });
});

describe("loadCache", () => {
  it("says nothing when there is no file", () => {
    const { memory, restored, dropped } = loadCache(join(folderWith({}), "none"), SIZE);
    expect({ restored, dropped }).toEqual({ restored: false, dropped: null });
    expect(new AnswerCache(memory).usage().positives).toBe(0);
  });

  it("drops a file of another size, and says both", () => {
    const { file, time } = saved(5);
    expect(refusal(file, time, SIZE * 2)).toContain("4194304 bytes, and this one has 8388608");
  });

  it("drops a file that others may write", () => {
    const { file, time } = saved(5);
    chmodSync(file, 0o620);
    expect(refusal(file, time)).toContain("other users may write it");
  });

  it.skipIf(process.geteuid?.() !== 0)("drops a file that belongs to another user", () => {
    const { file, time } = saved(5);
    chownSync(file, 65_534, 65_534);
    expect(refusal(file, time)).toContain("it belongs to another user");
  });

  it.skipIf(process.platform === "win32")("does not wait for somebody to write to a pipe", () => {
    const { file, time } = saved(5);
    const pipe = `${file}.pipe`;
    execFileSync("mkfifo", [pipe]);
    expect(refusal(pipe, time)).toContain("it is no file");
  });

  it("drops a file of a time that is still to come, and takes one that is a little ahead", () => {
    const { file, time } = saved(5);
    time.wallSeconds -= 30;
    expect(loadCache(file, SIZE, time).restored).toBe(true);
    time.wallSeconds -= 3600;
    expect(refusal(file, time)).toContain("still to come");
  });

  it("drops a folder, an empty file and files of others", () => {
    const time = new OwnTime();
    const folder = folderWith({ empty: "", text: "hello", long: Buffer.alloc(100_000, 7) });
    expect(refusal(folder, time)).toContain("no file");
    for (const name of ["empty", "text", "long"]) {
      expect(refusal(join(folder, name), time)).toContain("no file of a cache");
    }
  });

  it("drops a file that is damaged, wherever that is", () => {
    const { file, time } = saved(300);
    const whole = readFileSync(file);
    // Every byte of heads, and some of everything else.
    const places = new Set([
      ...Array(96).keys(),
      ...Array.from({ length: 40 }, (_, i) => whole.length - 1 - i),
    ]);
    for (let i = 0; i < 300; i++) places.add(Math.floor((i * whole.length) / 300));
    for (const place of places) {
      const bytes = Buffer.from(whole);
      bytes[place]! ^= 1 << (place % 8);
      writeFileSync(file, bytes);
      expect(loadCache(file, SIZE, time).restored, `byte ${place}`).toBe(false);
    }
    writeFileSync(file, whole);
    expect(loadCache(file, SIZE, time).restored).toBe(true);
  });

  it("drops a file that is cut short or goes on, wherever that is", () => {
    const { file, time } = saved(300);
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        writeFileSync(file, whole);
        truncateSync(file, length);
        expect(refusal(file, time)).toMatch(/cut short|damaged|no file of a cache/);
      }),
      {
        numRuns: 60,
        examples: [[0], [63], [64], [79], [80], [whole.length - 1], [whole.length - 16], [whole.length - 17]],
      },
    );
    writeFileSync(file, Buffer.concat([whole, Buffer.of(0)]));
    expect(refusal(file, time)).toContain("damaged");
  });

  it("drops a file with a run left out or twice", () => {
    const { file, time } = saved(300);
    const whole = readFileSync(file);
    const first = 64;
    const length = 16 + whole.readUInt32LE(first + 4) * 4096;
    const second = first + length;
    expect(whole.readUInt32LE(second)).toBeLessThan(0xffffffff);
    writeFileSync(file, Buffer.concat([whole.subarray(0, first), whole.subarray(second)]));
    expect(refusal(file, time)).toContain("damaged");
    writeFileSync(file, Buffer.concat([whole.subarray(0, second), whole.subarray(first)]));
    expect(refusal(file, time)).toContain("damaged");
  });
});

describe("saveCache", () => {
  it("lets only its user read the file, also where an older one was open to others", () => {
    const { file, cache, time } = saved(5);
    chmodSync(file, 0o666);
    writeFileSync(`${file}.part`, "left over", { mode: 0o666 });
    saveCache(cache, file, time.wall());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(file, ".."))).toEqual(["cache"]);
  });

  it("does not follow a link that somebody put in its way", () => {
    const { file, cache, time } = saved(5);
    const folder = folderWith({ precious: "mine" });
    symlinkSync(join(folder, "precious"), `${file}.part`);
    saveCache(cache, file, time.wall());
    expect(loadCache(file, SIZE, time).restored).toBe(true);
    expect(readFileSync(join(folder, "precious"), "utf8")).toBe("mine");
  });

  it("says why it failed, and leaves the older file", () => {
    const { file, cache, time } = saved(5);
    expect(failure(() => saveCache(cache, join(file, "..", "no", "cache"))).message).toContain("ENOENT");
    mkdirSync(`${file}.part`);
    const before = readFileSync(file);
    expect(failure(() => saveCache(cache, file, time.wall())).message).toContain("cache.part");
    expect(readFileSync(file)).toEqual(before);
  });

  it("leaves the older file when the disk is full", () => {
    const { file, time } = saved(2000);
    const before = readFileSync(file);
    // A limit on the length of files stands for the end of the disk; whoever ignores its signal is told EFBIG.
    const script = `
      import { AnswerCache } from ${JSON.stringify(distribution("cache/answer-cache.js"))};
      import { loadCache } from ${JSON.stringify(distribution("cache/load-cache.js"))};
      import { saveCache } from ${JSON.stringify(distribution("cache/save-cache.js"))};
      const time = { wall: () => ${time.wall()}, monotonic: () => 0 };
      const { memory, restored } = loadCache(process.argv[1], ${SIZE}, time);
      try {
        saveCache(new AnswerCache(memory, time), process.argv[1], time.wall());
      } catch (error) {
        console.log(restored, error.code, error.message);
      }
    `;
    const limited = 'trap "" XFSZ; ulimit -f 100; exec "$0" --input-type=module -e "$1" "$2"';
    const said = execFileSync("sh", ["-c", limited, process.execPath, script, file], { encoding: "utf8" });
    expect(said).toMatch(/^true ERR_DOTLS_CACHE_FILE .*EFBIG/);
    expect(readdirSync(join(file, ".."))).toEqual(["cache"]);
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});

function distribution(module: string): string {
  return new URL(`../../dist/${module}`, import.meta.url).href;
}
