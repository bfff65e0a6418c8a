import dgram from "node:dgram";
import { expect, onTestFinished, test } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { WireError } from "../../src/dns/text-errors.ts";
import { makeQuery } from "../support/dot-client.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { addressOf, defaultAnswer } from "../support/scripted-upstream/answers.ts";
import { frame } from "../support/scripted-upstream/faults.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedQuery } from "../support/scripted-upstream/query.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";

const SEED = Number(process.env["DOTLS_TEST_SEED"] ?? 20_261_121);

/** A small generator (xorshift) that gives the same numbers for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The message with something wrong in bytes[from..to): a flipped bit, other bytes, a count or length that lies, a cut, an addition. */
function mutate(message: Uint8Array, from: number, to: number, below: (n: number) => number): Uint8Array {
  let bytes = Uint8Array.from(message);
  for (let times = 1 + below(3); times > 0; times--) {
    const at = from + below(Math.max(1, Math.min(to, bytes.length) - from));
    const kind = below(to < message.length ? 3 : 7);
    if (kind === 0) bytes[at]! ^= 1 << below(8);
    else if (kind === 1) bytes[at] = below(256);
    else if (kind === 2) bytes[at] = [0, 1, 0x3f, 0x40, 0xc0, 0xff][below(6)]!;
    else if (kind === 3) bytes.set([0xc0 | below(64), below(256)].slice(0, bytes.length - at), at);
    else if (kind === 4) bytes = bytes.slice(0, Math.max(12, at));
    else if (kind === 5)
      bytes = Uint8Array.from([...bytes.subarray(0, at), below(256), ...bytes.subarray(at)]);
    else bytes[4 + below(8)] = below(4) === 0 ? 255 : below(4);
  }
  return bytes;
}

/**
 * Answers questions about m….test with many answers: some with a mutated id or question, which must be dropped, some that
 * are mutated anywhere, which may fail the question; whatever comes behind the one that settles it is dropped as well.
 */
function mutator(upstream: ScriptedUpstream, perQuery: number): void {
  const below = numbers(SEED);
  upstream.set({
    answer: (query: ScriptedQuery) => {
      if (!query.name.startsWith("m")) return undefined;
      const right = defaultAnswer(query, { ...upstream.knobs, padTo: 0 });
      const frames = Array.from({ length: perQuery }, (_, at) => {
        if (at >= perQuery - 4) return frame(mutate(right, 0, right.length, below));
        return frame(
          below(3) === 0 ? mutate(right, 0, 2, below) : mutate(right, 12, query.questionEnd, below),
        );
      });
      upstream.connections.find(({ number }) => number === query.connection)?.write(Buffer.concat(frames));
      return null;
    },
  });
}

test("200,000 mutated answers: the process lives, memory is flat, nothing wrong is delivered, good queries are answered", async () => {
  const upstream = await start();
  mutator(upstream, 24);
  const { server, client, lines } = await serve([specOf(upstream)], { timeout: 1500 });
  const mismatched = (): number => server.status().upstreams[0]!.mismatched;
  const socket = dgram.createSocket("udp4");
  onTestFinished(() => {
    socket.close();
  });
  const port = Number(new URL(server.urls[0]!).port);
  const pending = new Map<number, { query: Buffer; done: () => void }>();
  const wrong: string[] = [];
  let unreadable = 0;
  socket.on("message", (bytes) => {
    const one = pending.get(bytes.readUInt16BE(0));
    const question = one?.query.subarray(12, -11);
    // The question is the one that was asked, byte for byte, whatever the upstream has said.
    if (question === undefined || !bytes.subarray(12, 12 + question.length).equals(question)) {
      wrong.push(bytes.toString("hex"));
      return;
    }
    try {
      const message = decodeMessage(bytes);
      if (message.trailing > 0 || message.questions.length !== 1) wrong.push(bytes.toString("hex"));
    } catch (error) {
      // Data of records is passed on unread, also where it is no data of its type.
      if (!(error instanceof WireError)) throw error;
      unreadable++;
    }
    one!.done();
  });
  let id = 0;
  const askMutated = (): Promise<void> =>
    new Promise((resolve) => {
      const mine = id++ & 0xffff;
      const query = makeQuery(`m${id}.test`, { id: mine, type: [1, 16, 15, 65][id & 3]!, options: [] });
      const timer = setTimeout(() => pending.get(mine)?.done(), 4000);
      pending.set(mine, {
        query,
        done: () => {
          clearTimeout(timer);
          pending.delete(mine);
          resolve();
        },
      });
      socket.send(query, port, "127.0.0.1");
    });

  const goods: string[] = [];
  let memory = 0;
  const lane = async (number: number): Promise<void> => {
    while (mismatched() < 200_000) {
      await askMutated();
      if (memory === 0 && mismatched() > 60_000) memory = process.memoryUsage().rss;
      if (number % 10 > 0) continue;
      const name = `good${id}.test`;
      const { message } = await client.ask(name);
      goods.push(outcomeOf(message) === addressOf(name) ? "right" : outcomeOf(message));
    }
  };
  await Promise.all(Array.from({ length: 30 }, (_, number) => lane(number)));

  expect(wrong).toEqual([]);
  expect(client.wrong).toEqual([]);
  const { answers } = server.status().upstreams[0]!;
  expect(answers).toBeGreaterThan(500);
  expect(unreadable).toBeLessThan(answers);
  expect(goods.length).toBeGreaterThan(100);
  expect(goods.filter((one) => one !== "right")).toEqual([]);
  expect(process.memoryUsage().rss - memory).toBeLessThan(60 * 1024 * 1024);
  expect(lines.length).toBeLessThan(60);
  expect(outcomeOf((await client.ask("last.test")).message)).toBe(addressOf("last.test"));
}, 60_000);

test("streams that lie about lengths: the process lives, and good queries are answered once they stop", async () => {
  const upstream = await start();
  const below = numbers(SEED);
  upstream.set({
    answer: (query: ScriptedQuery) => {
      if (!query.name.startsWith("m")) return undefined;
      const bytes = frame(defaultAnswer(query, upstream.knobs));
      bytes[below(2)] = below(256);
      upstream.connections.find(({ number }) => number === query.connection)?.write(bytes);
      return null;
    },
  });
  const { client } = await serve([specOf(upstream)], { timeout: 500 });
  const names = Array.from({ length: 2000 }, (_, at) => `m${at}.test`);
  const replies = await client.askAll(names, 100);
  expect(replies.filter(({ message }) => message === null)).toEqual([]);
  expect(client.wrong).toEqual([]);
  const startedAt = performance.now();
  while (outcomeOf((await client.ask("good.test")).message) !== addressOf("good.test")) {
    expect(performance.now() - startedAt).toBeLessThan(5000);
  }
}, 60_000);
