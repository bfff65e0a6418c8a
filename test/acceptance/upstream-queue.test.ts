import { expect, test } from "vitest";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";

test("too many queries wait for a connection: the oldest fails at once and says so, the newest is answered", async () => {
  const upstream = await start({ handshake: { delay: 1500 } });
  const { client, server } = await serve([specOf(upstream)]);
  const oldest = client.ask("oldest.test");
  const names = Array.from({ length: 5000 }, (_, at) => `n${at}.test`);
  // A few at a time, so that none is lost between two sockets of one process; faster than a connection is given up.
  const others: Promise<unknown>[] = [];
  for (let at = 0; at < names.length; at += 50) {
    for (const name of names.slice(at, at + 50)) others.push(client.ask(name));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { message, milliseconds } = await oldest;
  expect(outcomeOf(message)).toMatch(/^SERVFAIL 22 tls:.*: too many queries wait to be sent$/);
  expect(milliseconds).toBeLessThan(1900);
  expect(server.status().upstreams[0]!.inFlight).toBeLessThanOrEqual(4000);
  await Promise.all(others);
  expect(server.status().queries.replies["NOERROR"]).toBeGreaterThan(3000);
});
