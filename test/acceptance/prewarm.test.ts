import { expect, test } from "vitest";
import { DEFAULT_TLS } from "../../src/config/tls-options.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { outcomeOf, serve, specOf, type Served } from "../support/serve.ts";

const warmed = (upstream: ScriptedUpstream): Promise<Served> =>
  serve([specOf(upstream)], { tls: { ...DEFAULT_TLS, prewarm: true } });

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

test("tls.prewarm: connected before the first query, and again after the server closed", async () => {
  const upstream = await start();
  const { client, server } = await warmed(upstream);
  await until(() => server.status().upstreams[0]!.state === "up");
  expect(upstream.counters.queries).toBe(0);
  await pause(2200);
  upstream.closeAll();
  await until(() => upstream.counters.handshakes === 2 && server.status().upstreams[0]!.state === "up");
  expect(outcomeOf((await client.ask("a.test")).message)).toBe(addressOf("a.test"));
  expect(upstream.counters).toMatchObject({ connections: 2, queries: 1 });
});

test("tls.prewarm: a server that closes at once is not stormed", async () => {
  const upstream = await start({ idle: 5 });
  await warmed(upstream);
  await pause(3000);
  // At 0, 0.5, 1.5 and 3.5 s.
  expect(upstream.counters.connections).toBeGreaterThanOrEqual(2);
  expect(upstream.counters.connections).toBeLessThanOrEqual(4);
});

test("tls.prewarm: a server that is not there yet is connected once it is", async () => {
  const upstream = await start();
  await upstream.refuse();
  const { server } = await warmed(upstream);
  await until(() => server.status().upstreams[0]!.state === "down");
  await upstream.listen();
  await until(() => server.status().upstreams[0]!.state === "up");
  expect(upstream.counters.queries).toBe(0);
});
