import { expect, it } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { ScriptedPlain } from "../support/scripted-plain.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, plainConfig, serve, specOf } from "../support/serve.ts";

it("answers that came unencrypted stay counted when the server that gave them is gone", async () => {
  const [encrypted, plain] = [await start(), await ScriptedPlain.start({ delay: 50 })];
  const upstreams = [specOf(encrypted)];
  const match = [{ suffix: "clear.test", apex: true, written: "clear.test" }];
  const route = { match, upstreams: [readUpstream(`udp://127.0.0.1:${plain.port}`)] };
  const { server, client } = await serve(upstreams, { routes: [{ ...route, policy: "failover" }] });
  const ask = async (name: string): Promise<string> => outcomeOf((await client.ask(name)).message);
  expect(await ask("a.test")).toMatch(/^10\./);
  expect(server.status().queries).toMatchObject({ forwarded: 1, clear: 0 });
  // The same question twice is asked once, and answered twice.
  const together = await Promise.all(["a", "a", "b"].map((host) => ask(`${host}.clear.test`)));
  for (const one of together) expect(one).toMatch(/^10\./);
  expect(server.status().queries).toMatchObject({ forwarded: 4, clear: 3 });
  // There is no handshake without TLS.
  expect(server.status().upstreams[1]).toMatchObject({ connections: 1, handshakes: 0, handshakeMs: null });
  const without: Config = { ...plainConfig, upstreams };
  await server.reload(without);
  expect(await ask("a.clear.test")).toMatch(/^10\./);
  expect(server.status().upstreams).toHaveLength(1);
  expect(server.status().queries).toMatchObject({ forwarded: 5, clear: 3 });
});
