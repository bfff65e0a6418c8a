import { expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { failuresOf, forward, load } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { serve, specOf } from "../support/serve.ts";

/** Where no route leads to, on any host: TCP to it fails at once, as it does to IPv6 where there is none. */
const NOWHERE = "255.255.255.255";

test("addresses without a route cost a client nothing, and are tried again soon", async () => {
  const server = await start();
  const none = { address: NOWHERE, port: 853, name: server.name, ca: server.ca };
  const { client, upstreams, events } = await forward([none, none, none, none, server], failover);
  const [first] = await client.askAll(["first.test"], 1);
  expect(failuresOf([first!])).toEqual([]);
  // TLS to a server that nobody has met yet is all there is to it.
  expect(first!.milliseconds).toBeLessThan(600);
  expect(failuresOf(await load(client, 100, 3000))).toEqual([]);
  expect(server.counters.queries).toBe(301);
  expect(events).toEqual(["down 0", "down 1", "down 2", "down 3"].map((event) => `${event} unreachable`));
  for (const { counters } of upstreams.slice(0, 4)) {
    // Each half second to three quarters of one, and not ever longer.
    expect(counters.connections).toBeGreaterThanOrEqual(4);
    expect(counters.connections).toBeLessThanOrEqual(8);
  }
  expect(upstreams.slice(0, 4).map(({ load }) => load)).toEqual([0, 0, 0, 0]);
});

test("that an address has no route is no reason for a warning", async () => {
  const server = await start();
  const { client, lines } = await serve([specOf(server, { addresses: [NOWHERE, server.address] })]);
  expect(failuresOf([await client.ask("a.test")])).toEqual([]);
  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    expect.stringMatching(/^info upstream .* is left out: no route \(E[A-Z]+\)$/),
  ]);
});
