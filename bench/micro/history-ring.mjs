// What the history and the counters cost each query on the packet path: nanoseconds a record, and how much garbage.
// Run: npm run -s build && node --expose-gc bench/micro/history-ring.mjs
// The address of each query is a fresh string, as dgram hands it over: making it is measured alone and subtracted.
import { Counters } from "../../dist/observe/counters.js";
import { HistoryRing } from "../../dist/observe/history-ring.js";

const ROUNDS = 7;
const RECORDS = 1_000_000;

const bytes = new Uint8Array(64);
bytes.set(Buffer.from("\x03www\x07example\x03com\x00", "latin1"), 12);
const outcome = {
  receivedAt: 0,
  duration: 1.25,
  transport: 0,
  clientAddress: "",
  clientPort: 40_000,
  bytes,
  nameLength: 17,
  type: 1,
  class: 1,
  querySize: 44,
  rcode: 0,
  replySize: 60,
  server: "tls://192.0.2.1#dns.example",
  error: null,
};

const nobody = { ended: (outcome) => (sink += outcome.clientAddress.length) };
const ipv4 = Buffer.from("192.168.100.200", "latin1");
const ipv6 = Buffer.from("2001:db8:1234:5678:9abc:def0:1234:5678", "latin1");
let sink = 0;

/** Nanoseconds a call and bytes a call that the collector has to look after. */
function measure(observer, address) {
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const start = performance.now();
  for (let i = 0; i < RECORDS; i++) {
    outcome.receivedAt += 0.02;
    outcome.clientAddress = address.latin1Slice();
    observer.ended(outcome);
  }
  const nanoseconds = ((performance.now() - start) * 1e6) / RECORDS;
  globalThis.gc?.();
  return { nanoseconds, kept: process.memoryUsage().heapUsed - heap };
}

function best(make, address) {
  let nanoseconds = Infinity;
  let kept = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const result = measure(make(), address);
    if (result.nanoseconds < nanoseconds) ({ nanoseconds, kept } = result);
  }
  return { nanoseconds, kept };
}

for (const [family, address] of [
  ["IPv4", ipv4],
  ["IPv6", ipv6],
]) {
  const base = best(() => nobody, address).nanoseconds;
  const subjects = {
    "history ring": () => new HistoryRing(10_000),
    counters: () => new Counters(),
  };
  console.log(
    `${family} client, ${RECORDS} records, best of ${ROUNDS} (the loop alone: ${base.toFixed(0)} ns)`,
  );
  for (const [name, make] of Object.entries(subjects)) {
    const { nanoseconds, kept } = best(make, address);
    const cost = (nanoseconds - base).toFixed(0);
    console.log(
      `  ${name.padEnd(14)} ${cost.padStart(5)} ns a record, heap grew by ${Math.round(kept / 1024)} KiB`,
    );
  }
}
if (sink < 0) console.log(sink);
