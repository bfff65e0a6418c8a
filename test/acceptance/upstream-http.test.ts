import { join } from "node:path";
import { expect, test } from "vitest";
import type { UpstreamSpec } from "../../src/config/config.ts";
import { DEFAULT_TLS } from "../../src/config/tls-options.ts";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { folderWith } from "../support/config-folder.ts";
import { ScriptedDoh } from "../support/scripted-doh.ts";
import { failuresOf } from "../support/forwarder.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { serve } from "../support/serve.ts";

/** How a configuration names it. */
function specOf({ port, name, ca }: ScriptedDoh): UpstreamSpec {
  const file = join(folderWith({ "ca.pem": ca }), "ca.pem");
  const spec = readUpstream(`https://127.0.0.1:${port}/dns-query`, { ...DEFAULT_TLS, ca: { file } });
  return { ...spec, name };
}

test("a server that answers HTTP and no DNS is down, and not only for the query that met it; one answer, and it is back", async () => {
  const servers = [await ScriptedDoh.start({ status: 404 }), await ScriptedDoh.start()] as const;
  const { client, server, lines } = await serve(servers.map(specOf));
  const ask = async (count: number, prefix: string): Promise<void> => {
    for (let at = 0; at < count; at++)
      expect(failuresOf([await client.ask(`${prefix}${at}.test`)])).toEqual([]);
  };
  await ask(40, "a");
  expect(server.status().upstreams.map(({ state }) => state)).toEqual(["down", "up"]);
  expect(server.status().upstreams[0]!.lastError).toMatchObject({ kind: "http", text: "HTTP status 404" });
  // The first three, and what probes ask for.
  expect(servers[0].requests.length).toBeLessThan(8);
  expect(lines.map(({ level, fields }) => [level, fields?.["kind"]])).toEqual([["warn", "http"]]);
  servers[0].set({ status: 200 });
  let round = 0;
  const goOn = setInterval(() => void client.ask(`b${round++}.test`), 50);
  await until(() => server.status().upstreams[0]!.state === "up" && lines.length === 2);
  clearInterval(goOn);
  const before = servers[0].requests.length;
  await ask(5, "c");
  expect(servers[0].requests.length - before).toBeGreaterThanOrEqual(5);
});
