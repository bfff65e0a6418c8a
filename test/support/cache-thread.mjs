// A thread that reads and writes a cache until it is told to stop. It runs what was built, as a thread has no loader for TypeScript.
import { parentPort, workerData } from "node:worker_threads";
import { AnswerCache, Found } from "../../dist/cache/answer-cache.js";
import { CacheCounter } from "../../dist/cache/counters.js";
import { ReplyView } from "../../dist/dns/reply-view.js";

/**
 * `control`: see the constants below; `number`: which thread this is; `names`: of how many names; of 100 steps `writes` are
 * stores; each `flushes` ms it flushes, 0: never.
 */
const { memory, control, number, names, writes, flushes } = workerData;

/** 1: all are to stop. */
const STOP = 0;
/** Counts up when a flush begins. Each answer says at which count it was stored. */
const EPOCH = 1;
/** Answers of lower counts have been flushed: of all names, and of those whose number is even. */
const FLOOR = 2;
const EVEN_FLOOR = 3;
/** From here on, one for each thread: odd while it stores, another number after each store. */
const STORING = 4;

const TYPE = 99;
const cache = new AnswerCache(memory);
const view = new ReplyView();
const out = Buffer.alloc(65_536);
const terms = { kind: 0, lifetime: 3600, stale: 0, type: TYPE };
const questions = Array.from({ length: names }, (_, i) =>
  question(`name-${i}.${i % 2 === 0 ? "even" : "odd"}.test`),
);
const told = { owner: cache.owner, reads: 0, stores: 0, wrong: 0, torn: 0, flushed: 0, outlived: 0 };
let random = 0x1234567 * (cache.owner + 1);
let flushAt = performance.now() + flushes;

say(told);
while (Atomics.load(control, STOP) === 0) {
  for (let i = 0; i < 64; i++) step();
  if (flushes > 0 && performance.now() >= flushAt) {
    await flush();
    flushAt = performance.now() + flushes;
  }
}
told.torn = cache.counters[CacheCounter.TORN];
say(told);

function say(message) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window has this port
  parentPort.postMessage(message);
}

function step() {
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  // A few names are met all the time, by all threads.
  const name = (random & 7) === 0 ? (random >>> 8) % names : (random >>> 8) % 16;
  if ((random >>> 3) % 100 < writes) store(name, (random >>> 10) & 0xffff);
  else read(name);
}

function store(name, version) {
  Atomics.add(control, STORING + number, 1);
  const epoch = Atomics.load(control, EPOCH);
  if (cache.store(questions[name], answer(questions[name], name, version, epoch), terms) === 0) told.stores++;
  Atomics.add(control, STORING + number, 1);
}

function read(name) {
  // In this order: what is flushed from here on may still be found.
  const floor = Math.max(
    Atomics.load(control, FLOOR),
    name % 2 === 0 ? Atomics.load(control, EVEN_FLOOR) : 0,
  );
  if (cache.find(questions[name]) !== Found.FRESH || !cache.copyRecords(out, 16)) return;
  told.reads++;
  if (!isRight(name)) told.wrong++;
  else if (out.readUInt32BE(16 + 12) < floor) told.outlived++;
}

/** Flushes one name, a zone, or all, and lets the readers know what must be gone. */
async function flush() {
  const epoch = Atomics.add(control, EPOCH, 1) + 1;
  // Whoever is storing an answer of before may do so behind the flush's back.
  const storing = Array.from(control.subarray(STORING), (_, i) => Atomics.load(control, STORING + i));
  for (let i = 0; i < storing.length; i++) {
    if (i === number || storing[i] % 2 === 0) continue;
    while (Atomics.load(control, STORING + i) === storing[i]) Atomics.wait(control, STOP, 0, 1);
  }
  const what = told.flushed++ % 3;
  if (what === 0) {
    await cache.clear();
    raise(FLOOR, epoch);
  } else if (what === 1) {
    await cache.removeBelow(wireName("even.test"));
    raise(EVEN_FLOOR, epoch);
  } else {
    const { bytes, nameLength } = questions[3];
    await cache.remove(bytes.subarray(12, 12 + nameLength));
    if (cache.find(questions[3]) === Found.FRESH && cache.copyRecords(out, 16)) {
      if (out.readUInt32BE(16 + 12) < epoch) told.outlived++;
    }
  }
}

function raise(floor, epoch) {
  for (let before = Atomics.load(control, floor); before < epoch; before = Atomics.load(control, floor)) {
    if (Atomics.compareExchange(control, floor, before, epoch) === before) return;
  }
}

/** An answer of one record, or of several, whose every word but the first says which name and version it is. */
function answer({ bytes, nameLength }, name, version, epoch) {
  const count = 1 + (version % 3);
  const message = Buffer.alloc(16 + nameLength + count * (12 + lengthOf(version)));
  message.set(bytes.subarray(0, 16 + nameLength));
  message[2] = 0x81;
  message[7] = count;
  let at = 16 + nameLength;
  for (let i = 0; i < count; i++) {
    const length = lengthOf(version);
    message.writeUInt16BE(0xc00c, at);
    message.writeUInt16BE(TYPE, at + 2);
    message.writeUInt16BE(1, at + 4);
    message.writeUInt32BE(3600, at + 6);
    message.writeUInt16BE(length, at + 10);
    at += 12;
    message.writeUInt32BE(epoch, at);
    for (let k = 4; k < length; k += 4) message.writeUInt32BE(wordOf(name, version), at + k);
    at += length;
  }
  if (!view.read(message, 0, at)) throw new Error("the answer cannot be read");
  return view;
}

function wordOf(name, version) {
  return ((name << 16) | version) >>> 0;
}

function lengthOf(version) {
  return 8 + (version % 5 === 0 ? 5000 : version % 61) * 4;
}

function isRight(name) {
  const version = out.readUInt16BE(16 + 12 + 4 + 2);
  const epoch = out.readUInt32BE(16 + 12);
  const length = lengthOf(version);
  const count = cache.answers;
  if (count !== 1 + (version % 3) || cache.recordsLength !== count * (12 + length)) return false;
  for (let i = 0, at = 16; i < count; i++) {
    if (out.readUInt16BE(at) !== 0xc00c || out.readUInt16BE(at + 2) !== TYPE) return false;
    const ttl = out.readUInt32BE(at + 6);
    if (ttl > 3600 || ttl < 3000 || out.readUInt16BE(at + 10) !== length) return false;
    at += 12;
    if (out.readUInt32BE(at) !== epoch) return false;
    for (let k = 4; k < length; k += 4) {
      if (out.readUInt32BE(at + k) !== wordOf(name, version)) return false;
    }
    at += length;
  }
  return true;
}

function wireName(text) {
  const labels = text.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.of(0)]);
}

function question(text) {
  const wire = wireName(text);
  const bytes = Buffer.concat([
    Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    wire,
    Buffer.of(0, TYPE, 0, 1),
  ]);
  return { bytes, nameLength: wire.length, type: TYPE, class: 1, dnssecOk: false, flags: 0x100 };
}
