import { expect, onTestFinished, test } from "vitest";
import { Group } from "../../src/upstream/group.ts";
import { failover } from "../../src/upstream/policy/failover.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { Upstream } from "../../src/upstream/upstream.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { opener, placeOf } from "./dialing.ts";
import { PlainExchange } from "./plain-exchange.ts";
import { PlainInquiry } from "./plain-inquiry.ts";

function upstreamOf(server: ScriptedUpstream): Upstream {
  const upstream = new Upstream("A", placeOf(server), opener(server, new TicketStore()), {
    onDown: () => {},
    onUp: () => {},
  });
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
  expect([upstream.state, upstream.load]).toEqual(["connecting", 4]);
  for (const exchange of quiet) upstream.abandon(exchange);
  expect(upstream.load).toBe(1);
  upstream.abandon(waiting);
  expect(upstream.load).toBe(0);
});
