import { describe, expect, test } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { Fault } from "../support/scripted-upstream/knobs.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";
import { askTcp } from "../support/tcp-ask.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}.test`);

describe("T5: an answer that does not belong to its question", () => {
  test.each<Fault>([
    "wrong-id",
    "wrong-question",
    "wrong-type",
    "wrong-class",
    "qr-0",
    "wrong-opcode",
    "no-question",
  ])("(%s) is never delivered, and the client hears why it gets nothing", async (fault) => {
    const upstream = await start({ fault: ({ name }) => (name === "bad.test" ? fault : null) });
    const { client, server, lines } = await serve([specOf(upstream)], { timeout: 700 });
    const [bad, good] = await Promise.all([client.ask("bad.test"), client.ask("good.test")]);
    expect(outcomeOf(bad.message)).toMatch(
      /^SERVFAIL 23 .*no answer within 0\.7 s, only messages that answer no question of ours$/,
    );
    expect(outcomeOf(good.message)).toBe(addressOf("good.test"));
    expect(client.wrong).toEqual([]);
    expect(server.status().upstreams[0]).toMatchObject({ mismatched: 1, failures: 0 });
    expect(lines).toEqual([]);
  });

  test("(swapped with another) is never delivered", async () => {
    const upstream = await start({ swap: true, collectFor: 5000 });
    const { client, server } = await serve([specOf(upstream)], { timeout: 700 });
    const replies = await client.askAll(["a.test", "b.test"], 2);
    expect(replies.map(({ message }) => outcomeOf(message).slice(0, 11))).toEqual([
      "SERVFAIL 23",
      "SERVFAIL 23",
    ]);
    expect(server.status().upstreams[0]).toMatchObject({ mismatched: 2 });
  });

  test.each<[Fault, number]>([
    ["duplicate", 1],
    ["stray", 1],
  ])("(%s) is dropped and counted, the right one delivered once", async (fault, mismatched) => {
    const upstream = await start({ fault });
    const { client, server } = await serve([specOf(upstream)]);
    for (const name of names(20)) expect(outcomeOf((await client.ask(name)).message)).toBe(addressOf(name));
    expect(client.wrong).toEqual([]);
    expect(server.status().upstreams[0]).toMatchObject({ mismatched: 20 * mismatched, connections: 1 });
  });

  test("without end makes the server lose its connection, not its clients", async () => {
    const upstream = await start({
      connection: (number) =>
        number === 1 ? { fault: ({ name }) => (name === "a.test" ? null : "qr-0") } : {},
    });
    const { client } = await serve([specOf(upstream)]);
    expect(outcomeOf((await client.ask("a.test")).message)).toBe(addressOf("a.test"));
    const replies = await client.askAll(names(1500), 1500);
    expect(replies.filter(({ name, message }) => outcomeOf(message) !== addressOf(name))).toEqual([]);
    expect(upstream.counters.connections).toBeGreaterThan(1);
    expect(upstream.counters.connections).toBeLessThan(5);
  });
});

describe("an answer that cannot be read", () => {
  test.each<Fault>(["bad-counts", "pointer-loop"])("(%s) fails its own question alone", async (fault) => {
    const upstream = await start({
      delay: ({ name }) => (name === "bad.test" ? 50 : 200),
      fault: ({ name }) => (name === "bad.test" ? fault : null),
    });
    const { client, lines } = await serve([specOf(upstream)]);
    const replies = await client.askAll(["bad.test", ...names(30)], 31);
    const others = replies.filter(({ name }) => name !== "bad.test");
    expect(others.filter(({ name, message }) => outcomeOf(message) !== addressOf(name))).toEqual([]);
    const bad = replies.find(({ name }) => name === "bad.test")!;
    expect(outcomeOf(bad.message)).toMatch(/^SERVFAIL 23 .*malformed answer$/);
    expect(outcomeOf((await client.ask("next.test")).message)).toBe(addressOf("next.test"));
    expect(lines).toEqual([]);
  });

  test("is asked again elsewhere", async () => {
    const upstream = await start({ fault: "pointer-loop" });
    const next = await start();
    const { client } = await serve([specOf(upstream), specOf(next)]);
    expect(outcomeOf((await client.ask("a.test")).message)).toBe(addressOf("a.test"));
    expect(upstream.counters.queries).toBe(1);
  });

  test.each<Fault>(["zero-length", "short"])(
    "(%s) as a stream out of step: given up after three tries, asked elsewhere",
    async (fault) => {
      const upstream = await start({ fault });
      const next = await start();
      const { client, lines } = await serve([specOf(upstream), specOf(next)]);
      expect(outcomeOf((await client.ask("a.test")).message)).toBe(addressOf("a.test"));
      expect(upstream.counters.queries).toBe(3);
      expect(lines.map(({ message }) => message)).toEqual([
        expect.stringMatching(/is down: the server sent what is no DNS message$/),
      ]);
    },
  );

  test("(unfinished) is waited for until the client's deadline", async () => {
    const upstream = await start({ fault: "unfinished" });
    const { client } = await serve([specOf(upstream)], { timeout: 600 });
    const { message } = await client.ask("a.test");
    expect(outcomeOf(message)).toMatch(/^SERVFAIL 22 .*no answer within 0\.6 s$/);
  });
});

describe("T6: however answers are cut into TLS records", () => {
  test("a byte in each record: all are delivered", async () => {
    const upstream = await start({ split: 1 });
    const { client } = await serve([specOf(upstream)]);
    const replies = await client.askAll(names(20), 20);
    expect(replies.map(({ message }) => outcomeOf(message))).toEqual(
      replies.map(({ name }) => addressOf(name)),
    );
  });

  test("20 answers in one record: all are delivered", async () => {
    const upstream = await start({ merge: 20, collectFor: 5000 });
    const { client } = await serve([specOf(upstream)]);
    const replies = await client.askAll(names(20), 20);
    expect(replies.map(({ message }) => outcomeOf(message))).toEqual(
      replies.map(({ name }) => addressOf(name)),
    );
    expect(upstream.counters.writes).toBe(1);
  });

  test.each([16_384, 65_535])("an answer of %i bytes: whole over TCP, cut with TC over UDP", async (size) => {
    const upstream = await start({ size });
    const { server, client } = await serve([specOf(upstream)]);
    const { message } = await client.ask("big.test");
    expect(message!.flags & Flag.TC).toBe(Flag.TC);
    expect(message!.answers).toEqual([]);
    const whole = await askTcp(server.urls[1]!, "big.test");
    expect(whole.flags & Flag.TC).toBe(0);
    const total = whole.answers.reduce((sum, { rdata }) => sum + 12 + rdata.length, 0);
    expect(total).toBeGreaterThan(size - 60);
    expect(outcomeOf(whole)).toMatch(new RegExp(`^${addressOf("big.test")} `));
  });
});

test("queries of one event-loop turn leave in one write", async () => {
  const upstream = await start();
  const { client } = await serve([specOf(upstream)]);
  await client.ask("first.test");
  upstream.resetCounters();
  await client.askAll(names(100), 100);
  expect(upstream.counters.reads).toBeLessThan(50);
});
