import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { QueryView, Reading } from "../../src/dns/query-view.ts";
import { framed, TcpProbe, UdpProbe } from "../support/plain-client.ts";
import { rawQuery } from "../support/raw-query.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import type { ScriptedQuery } from "../support/scripted-upstream/query.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { corpus, mutated, type Random, seeded } from "./mutate.ts";

const SEED = Number(process.env["DOTLS_TEST_SEED"] ?? Date.now() % 1_000_000_000);
const DATAGRAMS = 120_000;
const MESSAGES = 120_000;
const BATCH = 250;

/** The upstream's own records add a label to the name, which some names of the corpus are too long for. */
function shortForLongNames({ bytes, questionEnd }: ScriptedQuery): Uint8Array | undefined {
  if (questionEnd < 200) return undefined;
  const reply = Buffer.concat([bytes.subarray(0, 2), Buffer.of(0x81, 0x80, 0, 1), Buffer.alloc(6)]);
  return Buffer.concat([reply, bytes.subarray(12, questionEnd)]);
}

/** Throws, with the bytes, when a reply to `query` is not a well-formed response. */
function judge(reply: Buffer, most: number): void {
  try {
    const { flags, trailing } = decodeMessage(Uint8Array.from(reply));
    if ((flags & 0x8000) === 0 || trailing > 0 || reply.length > most) throw new Error("no right response");
  } catch (cause) {
    throw new Error(`a malformed reply: ${reply.toString("hex")}`, { cause });
  }
}

/** A good query with a name of its own is answered, rightly. */
async function good(client: UdpProbe | TcpProbe, name: string): Promise<void> {
  const { answers } = decodeMessage(Uint8Array.from(await client.ask(rawQuery({ name, opt: {} }))));
  expect(Array.from(answers[0]!.rdata).join(".")).toBe(addressOf(name));
}

/** Sends one batch over one connection, cut at any place, and reads until the server has nothing more to say. */
function stream({ port }: Daemon, random: Random): Promise<number> {
  const messages = Array.from({ length: BATCH }, () => mutated(random)).filter(
    ({ length }) => length >= 12 || random(50) === 0,
  );
  const bytes = framed(...messages);
  if (random(10) === 0) bytes[random(bytes.length)]! ^= 1 << random(8);
  return new Promise((resolve, reject) => {
    let replies = 0;
    let rest: Buffer = Buffer.alloc(0);
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const patience = setTimeout(() => {
      socket.destroy();
      reject(new Error("the connection does not end"));
    }, 5000);
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0);
        try {
          judge(rest.subarray(2, end), 65_535);
        } catch (error) {
          clearTimeout(patience);
          socket.destroy();
          reject(error);
          return;
        }
        replies++;
        rest = rest.subarray(end);
      }
    });
    // The server resets when there is still something to read after what it cannot take.
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      clearTimeout(patience);
      resolve(replies);
    });
    const cut = random(bytes.length);
    socket.write(bytes.subarray(0, cut));
    setImmediate(() => socket.end(bytes.subarray(cut)));
  });
}

describe("the corpus", () => {
  it("is made of messages that are read", () => {
    const readings = corpus.map((bytes) => new QueryView().read(bytes, bytes.length, true));
    expect(readings.filter((one) => one === Reading.QUERY).length).toBeGreaterThan(15);
    expect(readings).not.toContain(Reading.DROP);
  });
});

describe(`T12: hostile clients (seed ${SEED}; DOTLS_TEST_SEED repeats it)`, () => {
  it("do no harm with mutated datagrams", { timeout: 60_000 }, async () => {
    const daemon = await startDaemon({ answer: shortForLongNames });
    const random = seeded(SEED);
    const client = new UdpProbe(daemon.port);
    onTestFinished(() => client.close());
    const wrong: Error[] = [];
    let replies = 0;
    const hostile = createSocket("udp4");
    onTestFinished(() => {
      hostile.close();
    });
    hostile.on("message", (bytes) => {
      replies++;
      try {
        judge(bytes, 1232);
      } catch (error) {
        wrong.push(error as Error);
      }
    });
    const memory: number[] = [];
    for (let sent = 0; sent < DATAGRAMS; sent += BATCH) {
      for (let i = 0; i < BATCH; i++) hostile.send(mutated(random), daemon.port, "127.0.0.1");
      await Promise.race([good(client, `udp-${sent}.test`), daemon.died]);
      memory.push(daemon.memory());
    }
    expect(wrong).toEqual([]);
    expect(replies).toBeGreaterThan(DATAGRAMS / 2);
    flat(memory);
  });

  it("do no harm with mutated streams", { timeout: 60_000 }, async () => {
    const daemon = await startDaemon({ answer: shortForLongNames });
    const random = seeded(SEED + 1);
    const client = await TcpProbe.connect(daemon.port);
    onTestFinished(() => client.close());
    const memory: number[] = [];
    let replies = 0;
    for (let sent = 0; sent < MESSAGES; sent += BATCH) {
      replies += await Promise.race([stream(daemon, random), daemon.died]);
      await Promise.race([good(client, `tcp-${sent}.test`), daemon.died]);
      memory.push(daemon.memory());
    }
    expect(replies).toBeGreaterThan(MESSAGES / 4);
    flat(memory);
  });
});

/** The last quarter needs hardly more than the second: the first one warms up, and the heap cannot grow beyond 64 MiB anyway. */
function flat(memory: readonly number[]): void {
  const quarter = Math.floor(memory.length / 4);
  const before = Math.max(...memory.slice(quarter, 2 * quarter));
  const after = Math.max(...memory.slice(-quarter));
  expect(after).toBeLessThan(before + 24);
}
