import { setTimeout as pause } from "node:timers/promises";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CacheConfig, Config } from "../../src/config/config.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { startServer } from "../../src/server.ts";
import { logSpy } from "../observe/log-spy.ts";
import { folderWith } from "../support/config-folder.ts";
import { ScriptedUpstream, type StartOptions } from "../support/scripted-upstream.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { outcomeOf, plainConfig, type Served, serve, specOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";

const cache: CacheConfig = { ...NO_CACHE, size: 4 * 1024 * 1024 };

/** Waits until it holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still not so: ${holds.toString()}`);
    await pause(20);
  }
}

interface Cached extends Served {
  readonly upstream: ScriptedUpstream;
  /** The answer in short, with its TTL and the codes of its extended errors. */
  readonly ask: (name: string, type?: number) => Promise<string>;
}

async function cached(
  options: StartOptions,
  change: Partial<CacheConfig> = {},
  rest: Partial<Config> = {},
): Promise<Cached> {
  const upstream = await ScriptedUpstream.start(options);
  onTestFinished(() => upstream.close());
  const served = await serve([specOf(upstream)], { cache: { ...cache, ...change }, ...rest });
  const ask = async (name: string, type = 1): Promise<string> => {
    const { message } = await served.client.ask(name, { type });
    const errors = message?.edns?.options.filter(({ code }) => code === 15) ?? [];
    const codes = errors.map(({ data }) => `EDE ${(data[0]! << 8) | data[1]!}`);
    if (message !== null && (message.flags & 15) === 2) return ["SERVFAIL", ...codes].join(" ");
    return [outcomeOf(message), `TTL ${message?.answers[0]?.ttl ?? "-"}`, ...codes].join(" ");
  };
  return { ...served, upstream, ask };
}

describe("a server with a cache", () => {
  it("asks once, counts TTLs down, and says where answers came from", async () => {
    const { ask, upstream, server } = await cached({ ttl: 300 });
    expect(await ask("www.example.test")).toBe(`${addressOf("www.example.test")} TTL 300`);
    await pause(2100);
    const again = await ask("WWW.example.TEST");
    const ttl = Number(/TTL (\d+)/.exec(again)![1]);
    expect(again).toBe(`${addressOf("www.example.test")} TTL ${ttl}`);
    expect(ttl).toBeGreaterThan(240);
    expect(ttl).toBeLessThanOrEqual(298);
    expect(upstream.counters.queries).toBe(1);
    expect(server.history.entry(0)).toMatchObject({ source: "upstream", error: null });
    expect(server.history.entry(1)).toMatchObject({ source: "cache", server: null, error: null });
    const { queries, cache: status } = server.status();
    expect(queries).toMatchObject({ received: 2, forwarded: 1, cached: 1, stale: 0, refreshed: 0 });
    expect(status).toMatchObject({ entries: 1, negatives: 0, failures: 0, stored: 1, evicted: 0 });
  });

  it("asks for another one when its time is over", async () => {
    const { ask, upstream } = await cached({ ttl: 1 }, { serveStale: "off" });
    await ask("short.test");
    await pause(2100);
    expect(await ask("short.test")).toContain("TTL 1");
    expect(upstream.counters.queries).toBe(2);
  });

  it("remembers that there is no such record", async () => {
    const { ask, upstream } = await cached({ ttl: 300 });
    for (let i = 0; i < 3; i++) expect(await ask("none.test", 99)).toBe(" TTL -");
    expect(upstream.counters.queries).toBe(1);
  });

  it("shares what one client learned with all who wait and all who come", async () => {
    const { client, upstream } = await cached({ ttl: 300, delay: 100 });
    const replies = await client.askAll(
      Array.from({ length: 2000 }, (_, i) => `n${i % 20}.test`),
      200,
    );
    expect(replies.filter(({ name, message }) => outcomeOf(message) !== addressOf(name))).toEqual([]);
    expect(upstream.counters.queries).toBe(20);
    expect(client.wrong).toEqual([]);
  });

  it("keeps nothing when its size is 0", async () => {
    const { ask, upstream, server } = await cached({ ttl: 300 }, { size: 0 });
    await ask("www.test");
    await ask("www.test");
    expect(upstream.counters.queries).toBe(2);
    expect(server.status().cache).toBeNull();
  });
});

/** How an upstream fails and is well again, and how soon after that an answer is new again, in ms. */
const outages: readonly {
  readonly what: string;
  readonly fail: (upstream: ScriptedUpstream) => void | Promise<void>;
  readonly heal: (upstream: ScriptedUpstream) => void | Promise<void>;
  readonly within: number;
}[] = [
  {
    what: "refuses connections",
    fail: (upstream) => upstream.refuse(),
    heal: (upstream) => upstream.listen(),
    within: 2500,
  },
  {
    // What it was asked before its return is lost, and given up by the deadline of a question.
    what: "is silent",
    fail: (upstream) => upstream.set({ silent: true }),
    heal: (upstream) => upstream.set({ silent: false }),
    within: 7000,
  },
  {
    // It is spared for twice as long each time.
    what: "says SERVFAIL",
    fail: (upstream) => upstream.set({ rcodes: { "www.test": 2 } }),
    heal: (upstream) => upstream.set({ rcodes: {} }),
    within: 6500,
  },
];

describe("when the upstream fails", () => {
  it("gives answers over their time, says so, and does not ask again at once", async () => {
    const { ask, upstream, server } = await cached({ ttl: 1 });
    const address = addressOf("www.test");
    await ask("www.test");
    await pause(2100);
    await upstream.refuse();
    expect(await ask("www.test")).toBe(`${address} TTL 30 EDE 3`);
    expect(await ask("www.test")).toBe(`${address} TTL 30 EDE 3`);
    expect(await ask("other.test")).toMatch(/^SERVFAIL EDE 22/);
    expect(server.history.entry(1)).toMatchObject({ source: "stale", rcode: "NOERROR" });
    expect(server.status().queries).toMatchObject({ stale: 2 });
  });

  it("asks again as soon as the upstream is back, not half a minute later", async () => {
    const { ask, upstream } = await cached({ ttl: 1 });
    await ask("www.test");
    await pause(2100);
    await upstream.refuse();
    expect(await ask("www.test")).toContain("EDE 3");
    await upstream.listen();
    await until(async () => {
      // Somebody must ask for the upstream to be tried.
      await ask(`n${Math.random()}.test`);
      return !(await ask("www.test")).includes("EDE 3");
    });
  });

  it.each(outages)(
    "gives new answers soon after an outage of five seconds though nobody asks for anything else: it $what",
    async ({ fail, heal, within }) => {
      const { client, ask, upstream } = await cached({ ttl: 1 });
      await ask("www.test");
      await pause(2100);
      await fail(upstream);
      const end = performance.now() + 5000;
      const slow: number[] = [];
      while (performance.now() < end) {
        const { message, milliseconds } = await client.ask("www.test");
        expect(outcomeOf(message)).toBe(addressOf("www.test"));
        if (milliseconds > 1500) slow.push(milliseconds);
        await pause(100);
      }
      // Nobody waits any more once it is known that it failed.
      expect(slow.length).toBeLessThan(4);
      await heal(upstream);
      const back = performance.now();
      await until(async () => !(await ask("www.test")).includes("EDE 3"));
      expect(performance.now() - back).toBeLessThan(within);
    },
  );

  it("gives an answer over its time after 1.8 seconds, and the new one when it has come", async () => {
    const { client, ask, upstream } = await cached({ ttl: 1 });
    await ask("slow.test");
    await pause(2100);
    upstream.set({ delay: 3000, ttl: 300 });
    const [first, second] = await Promise.all([client.ask("slow.test"), client.ask("slow.test")]);
    for (const { message, milliseconds } of [first, second]) {
      expect(outcomeOf(message)).toBe(addressOf("slow.test"));
      expect(message!.edns!.options.map(({ code }) => code)).toEqual([15]);
      expect(milliseconds).toBeGreaterThan(1700);
      expect(milliseconds).toBeLessThan(2900);
    }
    await until(() => upstream.counters.answers >= 2);
    await pause(100);
    expect(await ask("slow.test")).toMatch(/TTL (300|29\d)$/);
    expect(client.wrong).toEqual([]);
  });

  it("gives it at once and fetches a new one unasked, where so configured; clients are counted, errands are not", async () => {
    const { client, ask, upstream, server } = await cached({ ttl: 1 }, { serveStale: "immediate" });
    await ask("www.test");
    await pause(2100);
    upstream.set({ delay: 400, ttl: 300 });
    const five = await Promise.all(Array.from({ length: 5 }, () => ask("www.test")));
    for (const answer of five) expect(answer).toContain("TTL 30 EDE 3");
    await until(() => upstream.counters.answers === 2);
    await pause(100);
    expect(await ask("www.test")).toMatch(/TTL (300|29\d)$/);
    expect(upstream.counters.queries).toBe(2);
    expect(server.status().queries).toMatchObject({
      received: 7,
      forwarded: 1,
      stale: 5,
      cached: 1,
      refreshed: 1,
    });
    expect(server.history.recorded).toBe(7);
    expect(client.wrong).toEqual([]);
  });

  it("does not repeat a question that failed: a flood of it costs one a second, then less (RFC 9520)", async () => {
    const { client, upstream } = await cached({ rcodes: { "bad.test": 2 } });
    let asked = 0;
    const end = performance.now() + 4000;
    while (performance.now() < end) {
      const replies = await Promise.all(Array.from({ length: 50 }, () => client.ask("bad.test")));
      asked += replies.length;
      expect(new Set(replies.map(({ message }) => message!.flags & 15))).toEqual(new Set([2]));
      await pause(20);
    }
    expect(asked).toBeGreaterThan(500);
    // At 0, 1 and 3 seconds.
    expect(upstream.counters.queries).toBeLessThanOrEqual(4);
    expect(upstream.counters.queries).toBeGreaterThanOrEqual(2);
  });

  it("does not flood an upstream that is gone, and is well within two seconds of its return", async () => {
    const { client, ask, upstream } = await cached({});
    await upstream.refuse();
    const end = performance.now() + 3000;
    while (performance.now() < end) {
      await Promise.all(Array.from({ length: 50 }, () => client.ask("gone.test")));
      await pause(20);
    }
    await upstream.listen();
    const back = performance.now();
    await until(async () => (await ask("gone.test")).startsWith("10."));
    expect(performance.now() - back).toBeLessThan(8000);
  });
});

// The file is synced, which takes its time on a disk that is busy with something else.
describe("a cache with a file", { timeout: 60_000 }, () => {
  async function run(
    config: Config,
    names: readonly string[],
  ): Promise<{ lines: readonly unknown[]; data: string[] }> {
    const { log, lines } = logSpy();
    const server = await startServer(config, { log });
    const client = await UdpClient.open(server.urls[0]!);
    const data: string[] = [];
    for (const name of names) data.push(outcomeOf((await client.ask(name)).message));
    await client.close();
    await server.stop();
    return { lines, data };
  }

  async function site(): Promise<{ upstream: ScriptedUpstream; config: Config; file: string }> {
    const upstream = await ScriptedUpstream.start({ ttl: 3600 });
    onTestFinished(() => upstream.close());
    const file = join(folderWith({}), "answers");
    return {
      upstream,
      file,
      config: { ...plainConfig, upstreams: [specOf(upstream)], cache: { ...cache, file } },
    };
  }

  it("has its answers after a restart, with no upstream there", async () => {
    const { upstream, config, file } = await site();
    await run(config, ["a.test", "b.test"]);
    expect(existsSync(file)).toBe(true);
    await upstream.refuse();
    const { data, lines } = await run(config, ["a.test", "b.test"]);
    expect(data).toEqual([addressOf("a.test"), addressOf("b.test")]);
    expect(upstream.counters.queries).toBe(2);
    expect(JSON.stringify(lines)).toContain("answers were read from the file of the cache");
  });

  it("forgets them when routes have changed: what one said must not answer for another", async () => {
    const { upstream, config } = await site();
    await run(config, ["a.corp.test"]);
    const match = [{ suffix: "corp.test", apex: true, written: "corp.test" }];
    const routes = [{ match, upstreams: [specOf(upstream)], policy: "failover" } as const];
    const { lines } = await run({ ...config, routes }, ["a.corp.test"]);
    expect(upstream.counters.queries).toBe(2);
    expect(JSON.stringify(lines)).toContain("other upstreams or routes");
  });

  it("starts without them when the file is damaged, and says so", async () => {
    const { upstream, config, file } = await site();
    writeFileSync(file, "these are no answers", { mode: 0o600 });
    const { data, lines } = await run(config, ["a.test"]);
    expect(data).toEqual([addressOf("a.test")]);
    expect(upstream.counters.queries).toBe(1);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringContaining(file) }),
    );
  });
});
