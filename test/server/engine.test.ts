import { expect, it, onTestFinished } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { Engine } from "../../src/server/engine.ts";
import { logSpy } from "../observe/log-spy.ts";
import { pause } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, plainConfig, specOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";

async function open(config: Config): Promise<{ engine: Engine; client: UdpClient }> {
  const engine = await Engine.open({ config, log: logSpy().log, observers: [] });
  const client = await UdpClient.open(engine.urls[0]!);
  onTestFinished(async () => {
    await client.close();
    await engine.stop();
  });
  return { engine, client };
}

async function take(engine: Engine, config: Config): Promise<void> {
  await (await engine.prepare(config)).commit();
}

it("an open bypass stays open under another configuration, with its connections, until it is closed", async () => {
  const [a, b] = [await start(), await start()];
  const { engine, client } = await open({ ...plainConfig, upstreams: [specOf(a)], timeout: 500 });
  // Nobody answers there.
  engine.divert(["127.83.6.9"]);
  await take(engine, { ...plainConfig, upstreams: [specOf(b)], timeout: 500 });
  expect(outcomeOf((await client.ask("plain.test")).message)).toMatch(/^SERVFAIL/);
  expect(engine.upstreams.map(({ address }) => address)).toEqual(["127.0.0.1", "127.83.6.9"]);
  expect([a.counters.queries, b.counters.queries]).toEqual([0, 0]);
  engine.divert(null);
  expect(outcomeOf((await client.ask("secure.test")).message)).toMatch(/^10\./);
  expect(b.counters.queries).toBe(1);
});

it("a configuration that was made ready and is given up leaves no trace", async () => {
  const [a, b] = [await start(), await start()];
  const { engine, client } = await open({ ...plainConfig, upstreams: [specOf(a)] });
  const { urls } = engine;
  const extra = { transport: "udp", address: "127.0.0.2", port: 0 } as const;
  const change = await engine.prepare({
    ...plainConfig,
    upstreams: [specOf(b)],
    listen: [extra, ...plainConfig.listen],
  });
  expect(change.urls.slice(1)).toEqual(urls);
  // Who asks at the new door before it is decided is answered as ever.
  const early = await UdpClient.open(change.urls[0]!);
  expect(outcomeOf((await early.ask("early.test")).message)).toMatch(/^10\./);
  await change.abandon();
  expect((await early.ask("late.test", { within: 200 })).message).toBeNull();
  await early.close();
  expect(engine.urls).toEqual(urls);
  expect(outcomeOf((await client.ask("still.test")).message)).toMatch(/^10\./);
  expect([a.counters.queries, b.counters.queries]).toEqual([2, 0]);
});

it("what two configurations ago was asked is answered, although its door and its server are gone", async () => {
  const [slow, b, c] = [await start({ delay: () => 400 }), await start(), await start()];
  const extra = { transport: "udp", address: "127.0.0.2", port: 0 } as const;
  const { engine } = await open({
    ...plainConfig,
    upstreams: [specOf(slow)],
    listen: [...plainConfig.listen, extra],
  });
  const client = await UdpClient.open(engine.urls[2]!);
  onTestFinished(() => client.close());
  const waiting = client.ask("slow.test");
  while (slow.counters.queries === 0) await pause(5);
  await take(engine, { ...plainConfig, upstreams: [specOf(b)], listen: [...plainConfig.listen, extra] });
  await take(engine, { ...plainConfig, upstreams: [specOf(c)] });
  expect(outcomeOf((await waiting).message)).toMatch(/^10\./);
});

it("a server that was ourselves may be asked when the door is elsewhere", async () => {
  const a = await start();
  const { engine } = await open({ ...plainConfig, upstreams: [specOf(a)] });
  const own = Number(new URL(engine.urls[1]!).port);
  const upstreams = [specOf(a, { port: own })];
  await take(engine, { ...plainConfig, upstreams });
  expect(engine.upstreams).toMatchObject([{ state: "down" }]);
  const elsewhere = [plainConfig.listen[0]!, { transport: "tcp", address: "127.0.0.2", port: 0 } as const];
  await take(engine, { ...plainConfig, upstreams, listen: elsewhere });
  expect(engine.upstreams).toMatchObject([{ state: "idle" }]);
});

it.each([
  ["by address", { addresses: ["127.0.0.1"] }],
  ["by name", { addresses: [] }],
  ["by way of a plain resolver", { name: null, ddr: true }],
])("a configuration whose anchors cannot be read is refused before it counts: %s", async (_, change) => {
  const a = await start();
  const { engine, client } = await open({ ...plainConfig, upstreams: [specOf(a)] });
  const spec = specOf(a, { ...change, tls: { ca: { file: "/none/at-all.pem" } } });
  await expect(engine.prepare({ ...plainConfig, upstreams: [spec] })).rejects.toThrow("/none/at-all.pem");
  expect(outcomeOf((await client.ask("still.test")).message)).toMatch(/^10\./);
});
