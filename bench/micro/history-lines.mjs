// What a line of the history file costs: nanoseconds a line, straight from the ring's bytes, and by an entry and JSON.
// Run: npm run -s build && node bench/micro/history-lines.mjs
import { HistoryLines } from "../../dist/observe/history-lines.js";
import { historyLine } from "../../dist/observe/history-line.js";
import { HistoryRing } from "../../dist/observe/history-ring.js";

const ROWS = 10_000;
const PIECE = 1000;
const ROUNDS = 100;

const ring = new HistoryRing(ROWS);
for (let number = 0; number < ROWS; number++) {
  const label = `n${number}`;
  const name = Buffer.from(`${String.fromCharCode(label.length)}${label}\x04kept\x07example\x00`, "latin1");
  ring.ended({
    receivedAt: performance.now(),
    duration: (number % 97) / 1000,
    transport: 0,
    clientAddress: "192.168.100.200",
    clientPort: 40_000,
    bytes: Buffer.concat([Buffer.from([number >> 8, number & 255]), Buffer.alloc(10), name, Buffer.alloc(4)]),
    nameLength: name.length,
    type: 1,
    class: 1,
    querySize: 16 + name.length,
    hasEdns: true,
    udpSize: 1232,
    dnssecOk: false,
    rcode: 0,
    replySize: 32 + name.length,
    replyFlags: 0x8180,
    source: 2,
    server: null,
    error: null,
  });
}

const lines = new HistoryLines();
const subjects = {
  "bytes of rows": (cursor) => {
    lines.clear();
    cursor.take(PIECE, lines);
    return lines.bytes;
  },
  "entries and JSON": (cursor) => {
    let text = "";
    for (let i = 0; i < PIECE; i++) text += historyLine(cursor.next());
    return Buffer.from(text);
  },
};

/** The best round: what else the machine does makes the others slower. */
function best(piece) {
  let nanoseconds = Infinity;
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const cursor = ring.cursor(0);
    const start = performance.now();
    bytes = 0;
    for (let at = 0; at < ROWS; at += PIECE) bytes += piece(cursor).length;
    nanoseconds = Math.min(nanoseconds, ((performance.now() - start) * 1e6) / ROWS);
  }
  return { nanoseconds, bytes };
}

for (const [name, piece] of Object.entries(subjects)) {
  const { nanoseconds, bytes } = best(piece);
  const size = (bytes / ROWS).toFixed(0);
  console.log(`${name.padEnd(16)} ${nanoseconds.toFixed(0).padStart(5)} ns a line of ${size} bytes`);
}
