import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { UpstreamSpec } from "../../src/config/config.ts";
import { type PlainScript, PlainServer } from "../support/plain-server.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";

/** dot.test is here. */
const here: PlainScript = ({ name, type }) => ({
  answer: name === "dot.test" && type === "A" ? "dot.test. 300 IN A 127.0.0.1\n" : "",
});

function named(upstream: ScriptedUpstream): UpstreamSpec {
  return specOf(upstream, { addresses: [], label: `tls://dot.test:${upstream.port}` });
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dotls-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "state");
}

describe("an upstream that is known by name", () => {
  test("is found by the bootstrap resolver, which hears of nothing else", async () => {
    const upstream = await start();
    const resolver = await PlainServer.start(here);
    const { client, server } = await serve([named(upstream)], { bootstrap: [resolver] });
    expect(server.status().upstreams).toMatchObject([{ address: "dot.test", name: "dot.test" }]);
    const { message } = await client.ask("one.example");
    expect(outcomeOf(message)).toBe(addressOf("one.example"));
    expect(server.status().upstreams).toMatchObject([{ address: "127.0.0.1", name: "dot.test" }]);
    expect(resolver.asked.map(({ name, type }) => `${name} ${type}`).sort()).toEqual([
      "dot.test A",
      "dot.test AAAA",
    ]);
  });

  test("is reached after a start at which no resolver answers, if it was once found", async () => {
    const upstream = await start();
    const resolver = await PlainServer.start(here);
    const state = newFolder();
    const first = await serve([named(upstream)], { bootstrap: [resolver], state });
    await first.client.ask("one.example");
    await first.server.stop();
    expect(JSON.parse(readFileSync(join(state, "addresses.json"), "utf8"))).toMatchObject({
      version: 1,
      names: { "dot.test": { addresses: ["127.0.0.1"] } },
    });
    await resolver.close();
    const { client } = await serve([named(upstream)], { bootstrap: [resolver], state });
    const { message, milliseconds } = await client.ask("two.example");
    expect(outcomeOf(message)).toBe(addressOf("two.example"));
    expect(milliseconds).toBeLessThan(1000);
  });

  test("that nobody can find is a SERVFAIL that says why, until somebody can", async () => {
    const upstream = await start();
    const resolver = await PlainServer.start(() => ({ rcode: 2 }));
    const { client, lines } = await serve([named(upstream)], { bootstrap: [resolver] });
    const { message } = await client.ask("one.example");
    const reason = `the address of dot.test could not be found: 127.0.0.1:${resolver.port}: SERVFAIL`;
    expect(outcomeOf(message)).toMatch(/^SERVFAIL 2[23] /);
    expect(outcomeOf(message)).toContain(reason);
    expect(lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      expect.stringContaining(reason),
    ]);
    resolver.script = here;
    await expect
      .poll(async () => outcomeOf((await client.ask("two.example")).message), { timeout: 3000 })
      .toBe(addressOf("two.example"));
  });
});
