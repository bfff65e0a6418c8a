import { describe, expect, test } from "vitest";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { PlainServer } from "../support/plain-server.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";

/** A plain resolver that says that its encrypted face is this upstream. */
function resolverFor(upstream: ScriptedUpstream): Promise<PlainServer> {
  const face = `1 dot.test. alpn=dot port=${upstream.port} ipv4hint=127.0.0.1`;
  return PlainServer.start(({ name, type }) => ({
    answer:
      type === "SVCB" && name === "_dns.resolver.arpa" ? `_dns.resolver.arpa. 300 IN SVCB ${face}\n` : "",
  }));
}

async function served(upstream: ScriptedUpstream): ReturnType<typeof serve> {
  const resolver = await resolverFor(upstream);
  const { tls } = specOf(upstream);
  return serve([readUpstream(`ddr://127.0.0.1:${resolver.port}`, tls)]);
}

describe("ddr:// (RFC 9462)", () => {
  test("asks the encrypted face of a plain resolver that proves the resolver's address", async () => {
    const upstream = await start();
    const { client, server } = await served(upstream);
    expect(server.status().upstreams[0]).toMatchObject({ address: "127.0.0.1", designated: null });
    expect(outcomeOf((await client.ask("one.example")).message)).toBe(addressOf("one.example"));
    expect(outcomeOf((await client.ask("two.example")).message)).toBe(addressOf("two.example"));
    expect(upstream.counters).toMatchObject({ handshakes: 1, queries: 2 });
    expect(server.status().upstreams[0]).toMatchObject({
      state: "up",
      name: null,
      designated: { protocol: "tls", name: "dot.test", address: "127.0.0.1", port: upstream.port },
    });
  });

  test("sends no query to a face whose certificate is not trusted, and says why", async () => {
    const upstream = await start({ certificate: "self-signed" });
    const { client } = await served(upstream);
    expect(outcomeOf((await client.ask("one.example")).message)).toMatch(/^SERVFAIL 2[23] .*self-signed/);
    expect(upstream.counters.applicationBytes).toBe(0);
  });
});
