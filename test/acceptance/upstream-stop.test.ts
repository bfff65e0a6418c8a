import { describe, expect, test } from "vitest";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { Knobs } from "../support/scripted-upstream/knobs.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";

/** What would keep the process from ending. */
const held = (): string[] =>
  process.getActiveResourcesInfo().filter((name) => /TCP|TLS|UDP|Timeout|Immediate/.test(name));

const names = Array.from({ length: 200 }, (_, at) => `n${at}.test`);

describe("a server that stops leaves no socket, no timer and no query behind", () => {
  test.each<[string, Partial<Knobs>]>([
    ["answers", {}],
    ["answers slowly", { delay: 200 }],
    ["says nothing", { silent: true }],
    ["never shakes hands", { handshake: "never" }],
    ["closes after each answer", { closeAfter: 1 }],
    ["closes at the first query", { closeInFlight: 1 }],
    ["resets", { handshake: "rst" }],
    ["shows an expired certificate", {}],
  ])("with an upstream that %s", async (what, knobs) => {
    const certificate = what.includes("expired") ? "expired" : "good";
    const upstream = await start({ ...knobs, certificate });
    const { server, client } = await serve([specOf(upstream)], { timeout: 800 });
    let heard = 0;
    const asked = Promise.all(
      names.map(async (name) => {
        const reply = await client.ask(name);
        if (reply.message !== null) heard++;
        return reply;
      }),
    );
    await until(() => upstream.counters.connections > 0);
    await server.stop();
    await until(() => heard === server.status().queries.received);
    await client.close();
    const replies = await asked;
    // Those that had arrived were answered before the door closed; the others found nobody.
    const answered = replies.filter(({ message }) => message !== null);
    expect(answered.length).toBeGreaterThan(0);
    for (const { message } of answered) expect(outcomeOf(message)).toMatch(/^(10\.|SERVFAIL 2[23] )/);
    expect(client.wrong).toEqual([]);
    const { upstreams, queries } = server.status();
    expect(upstreams[0]).toMatchObject({ inFlight: 0 });
    expect(answered.length).toBe(queries.received);
    await upstream.close();
    // What is left is the test runner's own.
    await until(() => held().every((name) => !/^(TCP|TLS|UDP)/.test(name)));
    expect(held().filter((name) => name === "Immediate")).toEqual([]);
  });
});

test("a server that stops while its upstream reads nothing does not wait for it", async () => {
  const upstream = await start({ silent: true });
  const { server, client } = await serve([specOf(upstream)], { timeout: 300 });
  void client.ask("first.test", { within: 100 });
  await until(() => upstream.counters.queries === 1);
  upstream.connections[0]!.raw.pause();
  const asked = client.askAll(names, 200);
  await until(() => server.status().upstreams[0]!.inFlight > 100);
  const startedAt = performance.now();
  await server.stop();
  expect(performance.now() - startedAt).toBeLessThan(1500);
  await client.close();
  await asked;
  expect(server.status().upstreams[0]!.inFlight).toBe(0);
});
