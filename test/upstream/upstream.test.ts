import { describe, expect, onTestFinished, test } from "vitest";
import { Group } from "../../src/upstream/group.ts";
import { LinkRoom } from "../../src/upstream/link-room.ts";
import { failover } from "../../src/upstream/policy/failover.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { Upstream } from "../../src/upstream/upstream.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { opener, placeOf } from "./dialing.ts";
import { PlainExchange } from "./plain-exchange.ts";
import { PlainInquiry } from "./plain-inquiry.ts";

function upstreamOf(server: ScriptedUpstream, room?: LinkRoom): Upstream {
  const events = { onDown: () => {}, onUp: () => {} };
  const upstream = new Upstream("A", placeOf(server), opener(server, new TicketStore()), events, room);
  onTestFinished(() => upstream.close());
  return upstream;
}

test("who is given up on a quiet connection is not counted against the fresh one that is being made", async () => {
  const server = await start();
  const upstream = upstreamOf(server);
  expect(await new PlainInquiry("first.test", new Group([upstream], failover)).run()).toBe("answered by A");
  server.silenceOld();
  server.set({ handshake: "never" });
  const quiet = [1, 2, 3].map((number) => new PlainExchange(`quiet${number}.test`));
  for (const exchange of quiet) upstream.ask(exchange);
  await until(() => quiet.every(({ doubts }) => doubts === 1));
  const waiting = new PlainExchange("waiting.test");
  upstream.ask(waiting);
  // One of them is ours, to see whether the server lives.
  expect([upstream.state, upstream.load]).toEqual(["connecting", 5]);
  for (const exchange of quiet) upstream.abandon(exchange);
  expect(upstream.load).toBe(2);
  upstream.abandon(waiting);
  expect(upstream.load).toBe(1);
});

/** Asks, and waits until it has ended. */
async function settle(upstream: Upstream, name: string): Promise<readonly string[]> {
  const exchange = new PlainExchange(name);
  upstream.ask(exchange);
  await until(() => exchange.settled.length > 0);
  return exchange.settled;
}

describe("bounds", () => {
  test("a link without free ids is left to the queries it has, and another one is made", async () => {
    const server = await start({ answer: ({ name }) => (name === "none.test" ? null : undefined) });
    const upstream = upstreamOf(server);
    expect(await settle(upstream, "first.test")).toEqual(["answered"]);
    const slow = new PlainExchange("d600.slow.test");
    upstream.ask(slow);
    // Each rests: a late answer to it must not meet another question.
    for (let at = 0; at < 19_999; at++) {
      const given = new PlainExchange("none.test");
      upstream.ask(given);
      upstream.abandon(given);
    }
    expect(upstream.links).toBe(1);
    expect(await settle(upstream, "next.test")).toEqual(["answered"]);
    expect(server.counters.connections).toBe(2);
    await until(() => slow.settled.length > 0);
    expect([slow.settled, slow.doubts]).toEqual([["answered"], 0]);
    await until(() => upstream.links === 1);
    expect([upstream.lastFailure, upstream.counters.suspected]).toEqual([null, 0]);
  });

  test("a server that wants to be rid of each connection is not given ever more of them", async () => {
    const server = await start({
      keepalive: 0,
      answer: ({ name }) => (name.startsWith("none") ? null : undefined),
    });
    const upstream = upstreamOf(server);
    const stuck: PlainExchange[] = [];
    for (let at = 0; at < 12; at++) {
      const none = new PlainExchange(`none${at}.test`);
      stuck.push(none);
      upstream.ask(none);
      expect(await settle(upstream, `n${at}.test`)).toEqual(["answered"]);
      // Whoever reads an answer tells what it says of keepalive.
      upstream.noteKeepalive(0, none.on);
      expect(upstream.links).toBeLessThanOrEqual(4);
    }
    // What the oldest links held is handed back, to be asked again.
    expect(stuck.slice(0, 8).map(({ settled }) => settled)).toEqual(
      Array.from({ length: 8 }, () => ["lost closed (progress)"]),
    );
  });

  test("where all servers together have too many connections, an idle one is closed for a new one", async () => {
    const room = new LinkRoom(2);
    const servers = [await start(), await start(), await start()] as const;
    const [first, second, third] = servers.map((server) => upstreamOf(server, room)) as [
      Upstream,
      Upstream,
      Upstream,
    ];
    expect(await settle(first, "a.test")).toEqual(["answered"]);
    expect(await settle(second, "a.test")).toEqual(["answered"]);
    expect(await settle(third, "a.test")).toEqual(["answered"]);
    expect([first.links, second.links, third.links]).toEqual([0, 1, 1]);
    expect(first.lastFailure).toBeNull();
  });

  test("where all of them are in use, a query is lost at once, and says why", async () => {
    const room = new LinkRoom(1);
    const [busy, free] = [upstreamOf(await start({ silent: true }), room), upstreamOf(await start(), room)];
    busy.ask(new PlainExchange("a.test"));
    const exchange = new PlainExchange("b.test");
    free.ask(exchange);
    expect(exchange.settled).toEqual(["lost busy"]);
    expect([free.state, free.links, free.lastFailure]).toEqual(["idle", 0, null]);
    expect(await new PlainInquiry("c.test", new Group([free], failover)).run()).toBe(
      "exhausted A: too many connections are open",
    );
  });
});
