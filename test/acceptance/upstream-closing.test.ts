import { describe, expect, test } from "vitest";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";
import type { UdpReply } from "../support/udp-client.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}.test`);

function allRight(replies: readonly UdpReply[], count: number): void {
  expect(replies).toHaveLength(count);
  const wrong = replies.map(({ name, message }) => [name, addressOf(name), outcomeOf(message)]);
  expect(wrong.filter(([, right, got]) => right !== got)).toEqual([]);
}

/** The server gives two tickets with a full handshake of TLS 1.3 and none with a resumed one; the last one is used on. */
function resumedAfterFirst({ counters }: ScriptedUpstream): void {
  expect(counters.handshakes).toBeGreaterThan(1);
  expect(counters.resumed).toBe(counters.handshakes - 1);
}

describe("many queries", () => {
  test("10,000 of them, 500 in flight, need one TLS handshake", async () => {
    const upstream = await start();
    const { client, lines } = await serve([specOf(upstream)]);
    allRight(await client.askAll(names(10_000), 500), 10_000);
    expect(client.wrong).toEqual([]);
    expect(upstream.counters).toMatchObject({ connections: 1, handshakes: 1 });
    // It may be asked what it surely knows where a busy machine makes it look silent.
    expect(upstream.counters.queries).toBeLessThan(10_050);
    expect(upstream.counters.mostInFlight).toBeGreaterThan(100);
    expect(lines).toEqual([]);
  });
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)("T1: an upstream that speaks %s and closes", (version) => {
  const only = { minVersion: version, maxVersion: version };

  test.each([
    ["after each 7 answers", { closeAfter: 7 }, 700, 50],
    ["after each answer", { closeAfter: 1 }, 60, 20],
    ["after each 7 answers, by RST", { closeAfter: 7, closeWith: "rst" }, 350, 50],
  ] as const)("%s: no SERVFAIL, no line in the log, sessions resumed", async (_, knobs, count, inFlight) => {
    const upstream = await start({ ...only, ...knobs });
    const { client, server, lines } = await serve([specOf(upstream)]);
    allRight(await client.askAll(names(count), inFlight), count);
    expect(lines).toEqual([]);
    expect(server.status().upstreams[0]).toMatchObject({ failures: 0, lastError: null });
    resumedAfterFirst(upstream);
  });

  test("with 50 in flight on its first connection: all are asked again", async () => {
    const upstream = await start({
      ...only,
      connection: (number) => (number === 1 ? { closeInFlight: 50 } : {}),
    });
    const { client, lines } = await serve([specOf(upstream)]);
    allRight(await client.askAll(names(50), 50), 50);
    expect(upstream.counters.queriesPerConnection).toEqual([50, 50]);
    expect(lines).toEqual([]);
  });

  test("with 50 in flight on a connection that had worked: all are asked again", async () => {
    const upstream = await start(only);
    const { client, lines } = await serve([specOf(upstream)]);
    allRight(await client.askAll(["first.test"], 1), 1);
    Object.assign(upstream.connections[0]!.knobs, { closeInFlight: 50, closeWith: "rst" });
    allRight(await client.askAll(names(50), 50), 50);
    expect(lines).toEqual([]);
    resumedAfterFirst(upstream);
  });
});

describe("T7: an idle close", () => {
  test("is no error: nothing is logged, and the next query makes a connection at once", async () => {
    const upstream = await start({ idle: 100 });
    const { client, server, lines } = await serve([specOf(upstream)]);
    for (const name of names(3)) {
      allRight([await client.ask(name)], 1);
      await new Promise((resolve) => setTimeout(resolve, 160));
    }
    expect(upstream.counters).toMatchObject({ connections: 3, open: 0, resumed: 2 });
    expect(lines).toEqual([]);
    expect(server.status().upstreams[0]).toMatchObject({ state: "idle", failures: 0, lastError: null });
  });

  test("that meets a query on its way: the query is asked again", async () => {
    const upstream = await start();
    const { client, lines } = await serve([specOf(upstream)]);
    for (const name of names(40)) {
      // Both leave in the same turn: the server has closed before it reads the query.
      const asked = client.ask(name);
      upstream.closeAll();
      allRight([await asked], 1);
    }
    expect(lines).toEqual([]);
    expect(upstream.counters.connections).toBeGreaterThan(20);
  });
});

test("answers that stand in the pipe before the server's FIN are delivered, not asked again", async () => {
  const upstream = await start({ merge: 30, collectFor: 2000, closeAfter: 30 });
  const { client } = await serve([specOf(upstream)]);
  allRight(await client.askAll(names(30), 30), 30);
  expect(upstream.counters).toMatchObject({ connections: 1, queries: 30 });
});
