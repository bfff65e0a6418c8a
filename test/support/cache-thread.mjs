// A thread that reads and writes a cache until it is told to stop. It runs what was built, as a thread has no loader for TypeScript.
import { parentPort, workerData } from "node:worker_threads";
import { AnswerCache, Found } from "../../dist/cache/answer-cache.js";
import { CacheCounter } from "../../dist/cache/counters.js";
import { ReplyView } from "../../dist/dns/reply-view.js";

const { memory, control, names, writes } = workerData;
const cache = new AnswerCache(memory);
const view = new ReplyView();
const out = Buffer.alloc(65_536);
const terms = { kind: 0, lifetime: 3600, stale: 0, type: 1 };
const questions = Array.from({ length: names }, (_, i) => question(`name-${i}.test`));
const told = { owner: cache.owner, reads: 0, stores: 0, wrong: 0, torn: 0 };
let random = 0x1234567 * (cache.owner + 1);

say(told);
while (Atomics.load(control, 0) === 0) {
  for (let i = 0; i < 64; i++) step();
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
  if ((random >>> 3) % 100 < writes) {
    const version = (random >>> 10) & 0xffff;
    if (cache.store(questions[name], answer(questions[name], name, version), terms) === 0) told.stores++;
  } else if (cache.find(questions[name]) === Found.FRESH && cache.copyRecords(out, 16)) {
    told.reads++;
    if (!isRight(name)) told.wrong++;
  }
}

/** An answer of one record, or of several, whose every word says which name and version it is. */
function answer({ bytes, nameLength }, name, version) {
  const message = Buffer.alloc(16 + nameLength + 65_000);
  message.set(bytes.subarray(0, 16 + nameLength));
  message[2] = 0x81;
  const count = 1 + (version % 3);
  message[7] = count;
  let at = 16 + nameLength;
  for (let i = 0; i < count; i++) {
    const length = lengthOf(version);
    message.writeUInt16BE(0xc00c, at);
    message.writeUInt16BE(99, at + 2);
    message.writeUInt16BE(1, at + 4);
    message.writeUInt32BE(3600, at + 6);
    message.writeUInt16BE(length, at + 10);
    at += 12;
    for (let k = 0; k < length; k += 4) message.writeUInt32BE(((name << 16) | version) >>> 0, at + k);
    at += length;
  }
  if (!view.read(message, 0, at)) throw new Error("the answer cannot be read");
  return view;
}

function lengthOf(version) {
  return (version % 5 === 0 ? 5000 : version % 61) * 4;
}

function isRight(name) {
  const version = out.readUInt16BE(16 + 12 + 2);
  const empty = cache.recordsLength === 12 * cache.answers;
  const length = empty ? 0 : lengthOf(version);
  const count = cache.answers;
  if (cache.recordsLength !== count * (12 + length)) return false;
  if (!empty && count !== 1 + (version % 3)) return false;
  for (let i = 0, at = 16; i < count; i++) {
    if (out.readUInt16BE(at) !== 0xc00c || out.readUInt16BE(at + 2) !== 99) return false;
    if (out.readUInt32BE(at + 6) > 3600 || out.readUInt16BE(at + 10) !== length) return false;
    at += 12;
    for (let k = 0; k < length; k += 4) {
      if (out.readUInt32BE(at + k) !== ((name << 16) | version) >>> 0) return false;
    }
    at += length;
  }
  return true;
}

function question(text) {
  const labels = text.split(".");
  const wire = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0),
  ]);
  const bytes = Buffer.concat([
    Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    wire,
    Buffer.of(0, 1, 0, 1),
  ]);
  return { bytes, nameLength: wire.length, type: 1, class: 1, dnssecOk: false, flags: 0x100 };
}
