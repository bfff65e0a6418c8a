// What the cache costs, without sockets: CPU of a hit, a miss and a store, memory for 1,000,000 answers, the longest
// stores, and the way to its file and back.
// Run: npm run -s build && node --expose-gc bench/micro/answer-cache.mjs [MiB]
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnswerCache, Found } from "../../dist/cache/answer-cache.js";
import { loadCache } from "../../dist/cache/load-cache.js";
import { createCacheMemory } from "../../dist/cache/memory.js";
import { saveCache } from "../../dist/cache/save-cache.js";
import { ReplyView } from "../../dist/dns/reply-view.js";

const MIB = 1024 * 1024;
const size = Number(process.argv[2] ?? 128) * MIB;
const ANSWERS = 1_000_000;
const ROUNDS = 12;
const TERMS = { kind: 0, lifetime: 3600, stale: 86_400, type: 1 };

const message = Buffer.alloc(2048);
const view = new ReplyView();
const out = Buffer.alloc(65_536);

/** The question for a name; one object and one buffer, used again. */
const asked = { bytes: message, nameLength: 0, type: 1, class: 1, dnssecOk: false, flags: 0x100 };

function ask(name) {
  let at = 12;
  for (const label of name.split(".")) {
    message[at] = label.length;
    at += 1 + message.write(label, at + 1, "latin1");
  }
  message[at++] = 0;
  asked.nameLength = at - 12;
  message.writeUInt32BE(0x0001_0001, at);
  return at + 4;
}

/** The answer to what was asked last, with so many A records. */
function answer(start, address, records) {
  message.writeUInt32BE(0x0000_8180, 0);
  message.writeUInt32BE(0x0001_0000 | records, 4);
  let at = start;
  for (let i = 0; i < records; i++) {
    message.writeUInt32BE(0xc00c_0001, at);
    message.writeUInt32BE(0x0001_0000, at + 4);
    message.writeUInt32BE(0x012c_0004, at + 8);
    message.writeUInt32BE(address + i, at + 12);
    at += 16;
  }
  view.read(message, 0, at);
  return view;
}

/** Made anew each time: a million of them would be more than the cache itself. */
function nameOf(i) {
  return `host${i}.example${i % 1000}.com`;
}

function fill(cache, from, to, records = 1) {
  for (let i = from; i < to; i++) cache.store(asked, answer(ask(nameOf(i)), i, records), TERMS);
}

function copyOfQuestion(end) {
  return { ...asked, bytes: Buffer.from(message.subarray(0, end)) };
}

/** CPU nanoseconds a call, the best of some rounds. */
function cost(calls, run) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    run(calls);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / calls);
  }
  return best;
}

function resident() {
  if (process.platform !== "linux") return process.memoryUsage().rss;
  return Number(/^Rss:\s+(\d+)/m.exec(readFileSync("/proc/self/smaps_rollup", "latin1"))[1]) * 1024;
}

function tell(what, value) {
  console.log(`${what.padEnd(52)} ${value}`);
}

function hits() {
  for (const records of [1, 6, 40]) {
    const cache = new AnswerCache(createCacheMemory(64 * MIB));
    fill(cache, 0, 1000, records);
    const questions = Array.from({ length: 1000 }, (_, i) => copyOfQuestion(ask(nameOf(i))));
    const hit = cost(500_000, (calls) => {
      for (let i = 0; i < calls; i++) {
        if (cache.find(questions[i % 1000]) !== Found.FRESH || !cache.copyRecords(out, 40))
          throw new Error("missed");
      }
    });
    tell(`a hit, ${records} A records (${cache.recordsLength} bytes)`, `${hit.toFixed(0)} ns`);
    if (records > 1) continue;
    for (const one of questions) one.type = 28;
    const miss = cost(500_000, (calls) => {
      for (let i = 0; i < calls; i++) cache.find(questions[i % 1000]);
    });
    tell("a miss", `${miss.toFixed(0)} ns`);
    const tick = cost(500_000, (calls) => {
      for (let i = 0; i < calls; i++) cache.tick();
    });
    tell("a look at the clock", `${tick.toFixed(0)} ns`);
  }
}

function memory() {
  // Code and heap grow on another cache, so that what is measured is the cache.
  fill(new AnswerCache(createCacheMemory(4 * MIB)), 0, 300_000);
  globalThis.gc?.();
  const before = resident();
  const cache = new AnswerCache(createCacheMemory(size));
  const empty = resident();
  fill(cache, 0, ANSWERS);
  globalThis.gc?.();
  const after = resident();
  tell(`an empty cache of ${size / MIB} MiB`, `${Math.max(0, Math.round((empty - before) / 1024))} KiB`);
  tell(
    `each of ${cache.usage().positives} answers`,
    `${((after - before) / ANSWERS).toFixed(0)} bytes of RSS`,
  );
  tell("each, all of the process counted", `${(after / ANSWERS).toFixed(0)} bytes of RSS`);
  return cache;
}

function file(cache) {
  const folder = mkdtempSync(join(tmpdir(), "dotls-cache-"));
  const path = join(folder, "cache");
  const start = performance.now();
  saveCache(cache, path);
  const saved = performance.now();
  const { restored } = loadCache(path, size);
  const loaded = performance.now();
  tell(`saved, ${Math.round(statSync(path).size / MIB)} MiB`, `${(saved - start).toFixed(0)} ms`);
  tell(restored ? "loaded" : "NOT loaded", `${(loaded - saved).toFixed(0)} ms`);
  rmSync(folder, { recursive: true });
}

/** Stores into a cache that is full, a third of them names that come again. */
function flood() {
  const cache = new AnswerCache(createCacheMemory(16 * MIB));
  const times = [];
  for (let i = 0; i < 1_000_000; i++) {
    const end = ask(i % 3 === 0 ? nameOf((i * 7919) % 60_000) : `x${i}.flood.test`);
    if (cache.find(asked) === Found.FRESH) continue;
    answer(end, i, 1);
    const start = performance.now();
    cache.store(asked, view, TERMS);
    times.push((performance.now() - start) * 1000);
  }
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor(times.length * part)].toFixed(1);
  tell(
    "a store into a full cache, p50, p99, p99.9, p99.99",
    `${[0.5, 0.99, 0.999, 0.9999].map(at).join(", ")} µs`,
  );
}

hits();
file(memory());
flood();
