import { describe, expect, onTestFinished, test } from "vitest";
import { Group } from "../../src/upstream/group.ts";
import { failover } from "../../src/upstream/policy/failover.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { Upstream } from "../../src/upstream/upstream.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { opener, placeOf } from "./dialing.ts";
import { PlainInquiry } from "./plain-inquiry.ts";

interface Grouped {
  readonly group: Group;
  readonly upstreams: readonly Upstream[];
  /** `down NAME kind` and `up NAME`, in order. */
  readonly events: string[];
  /** Asks and gives how it ended. */
  readonly ask: (name?: string) => Promise<string>;
}

/** Servers called A, B, C in this order. */
function groupOf(servers: readonly ScriptedUpstream[]): Grouped {
  const events: string[] = [];
  const tickets = new TicketStore();
  const upstreams = servers.map(
    (server, at) =>
      new Upstream("ABC"[at]!, placeOf(server), opener(server, tickets), {
        onDown: ({ label }, { kind }) => events.push(`down ${label} ${kind}`),
        onUp: ({ label }) => events.push(`up ${label}`),
      }),
  );
  const group = new Group(upstreams, failover);
  onTestFinished(() => {
    for (const upstream of upstreams) upstream.close();
  });
  const ask = (name = "a.test"): Promise<string> => new PlainInquiry(name, group).run();
  return { group, upstreams, events, ask };
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

describe("strict order", () => {
  test("asks the first alone while it works", async () => {
    const servers = [await start(), await start()];
    const { ask } = groupOf(servers);
    for (let at = 0; at < 20; at++) expect(await ask()).toBe("answered by A");
    expect(servers[1]!.counters.connections).toBe(0);
  });

  test("asks the next one when the first refuses, without another attempt for each query", async () => {
    const servers = [await start(), await start(), await start()];
    await servers[0]!.refuse();
    const { ask, events, upstreams } = groupOf(servers);
    for (let at = 0; at < 15; at++) expect(await ask()).toBe("answered by B");
    expect(upstreams.map(({ counters }) => counters.connections)).toEqual([1, 1, 0]);
    expect(events).toEqual(["down A refused"]);
  });

  test("asks the one after next when two fail, and moves back step by step", async () => {
    const servers = [await start(), await start(), await start()];
    await servers[0]!.refuse();
    await servers[1]!.refuse();
    const { ask, events } = groupOf(servers);
    expect(await ask()).toBe("answered by C");
    await servers[1]!.listen();
    const by: string[] = [];
    const goOnUntil = async (label: string): Promise<void> => {
      for (let at = 0; at < 400 && by.at(-1) !== label; at++) {
        by.push((await ask()).slice(-1));
        await pause(10);
      }
    };
    await goOnUntil("B");
    await servers[0]!.listen();
    await goOnUntil("A");
    // Each query was answered, and the order of the answers is C…, B…, A.
    expect(by.join("")).toMatch(/^C+B+A$/);
    expect(events).toEqual(["down A refused", "down B refused", "up B", "up A"]);
  });

  test("tries a failed server without a query at risk", async () => {
    const servers = [await start({ handshake: "close" }), await start()];
    const { ask } = groupOf(servers);
    expect(await ask()).toBe("answered by B");
    servers[0]!.set({ handshake: "never" });
    await pause(700);
    for (let at = 0; at < 20; at++) {
      const startedAt = performance.now();
      expect(await ask()).toBe("answered by B");
      expect(performance.now() - startedAt).toBeLessThan(500);
    }
    expect(servers[0]!.counters.connections).toBe(2);
  });
});

describe("a connection that ends", () => {
  test("twice without an answer is made again; the third time the next server is asked", async () => {
    const server = await start({ connection: (number) => (number < 3 ? { closeInFlight: 1 } : {}) });
    const well = groupOf([server]);
    expect(await well.ask()).toBe("answered by A");
    expect(well.events).toEqual([]);
    expect(server.counters.connections).toBe(3);

    const servers = [await start({ closeInFlight: 1 }), await start()];
    const { ask, events } = groupOf(servers);
    expect(await ask()).toBe("answered by B");
    expect(servers[0]!.counters.queries).toBe(3);
    expect(events).toEqual(["down A closed"]);
  });

  test("after answers is no failure, however often", async () => {
    const server = await start({ closeAfter: 1 });
    const { ask, events, upstreams } = groupOf([server]);
    for (let at = 0; at < 30; at++) expect(await ask()).toBe("answered by A");
    expect(events).toEqual([]);
    expect(upstreams[0]!.lastFailure).toBeNull();
  });
});

describe("when every server is down", () => {
  test("the story names each, and none is asked more than about once a second", async () => {
    const servers = [await start({ certificate: "expired" }), await start()];
    await servers[1]!.refuse();
    const { ask, upstreams } = groupOf(servers);
    const startedAt = performance.now();
    let asked = 0;
    while (performance.now() - startedAt < 3000) {
      expect(await ask()).toMatch(/^exhausted A: TLS: certificate expired .*; B: connection refused$/);
      asked++;
      await pause(2);
    }
    expect(asked).toBeGreaterThan(300);
    for (const { counters } of upstreams) {
      expect(counters.connections).toBeGreaterThanOrEqual(3);
      expect(counters.connections).toBeLessThan(8);
    }
  });

  test("nobody is told so without an attempt in the last second", async () => {
    const server = await start();
    await server.refuse();
    const { ask, upstreams } = groupOf([server]);
    const startedAt = performance.now();
    while (performance.now() - startedAt < 2500) {
      expect(await ask()).toMatch(/^exhausted A: connection refused$/);
      expect(performance.now() - upstreams[0]!.lastAttemptAt).toBeLessThan(1100);
      await pause(50);
    }
    await server.listen();
    await pause(1050);
    // However long the pause has grown meanwhile.
    expect(await ask()).toBe("answered by A");
  });
});

test("states and counters", async () => {
  const server = await start({ delay: 30 });
  const { ask, upstreams } = groupOf([server]);
  const [upstream] = upstreams as [Upstream];
  expect([upstream.state, upstream.load]).toEqual(["idle", 0]);
  const first = ask();
  expect([upstream.state, upstream.load]).toEqual(["connecting", 1]);
  await first;
  expect([upstream.state, upstream.load]).toEqual(["up", 0]);
  expect(upstream.counters).toMatchObject({
    connections: 1,
    handshakes: 1,
    resumed: 0,
    queries: 1,
    answers: 1,
  });
  expect(upstream.counters.roundTripMs).toBeGreaterThan(25);
  expect(upstream.counters.handshakeMs).toBeGreaterThan(0);
  upstream.close();
  expect(upstream.state).toBe("idle");
  await ask();
  expect(upstream.counters).toMatchObject({ connections: 2, handshakes: 2, resumed: 1, failures: 0 });
  await server.refuse();
  await until(() => upstream.state === "idle");
  expect(await ask()).toMatch(/^exhausted/);
  expect(upstream.state).toBe("down");
  expect(upstream.counters.failures).toBe(1);
});
