import { expect, test } from "vitest";
import { failuresOf } from "../support/forwarder.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { serve, specOf } from "../support/serve.ts";

const DOMAINS = 200;

/** Below a public suffix of one label and of two. */
function domainOf(at: number): string {
  return `domain${at}.${at % 2 === 0 ? "example" : "co.uk"}`;
}

const domains = Array.from({ length: DOMAINS }, (_, at) => domainOf(at));
const names = domains.flatMap((domain) => [domain, `www.${domain}`, `a.b.c.${domain}`]);

interface Met {
  /** The server that has met most names of each registrable domain. */
  readonly home: ReadonlyMap<string, number>;
  /** How often a name was asked once more: on a busy machine an answer may be late, and is then hedged. */
  readonly copies: number;
}

/** Who has met what. Fails when two have met names of one domain, unless these were asked once more. */
function meetings(servers: readonly ScriptedUpstream[]): Met {
  const met = new Map<string, number[]>(domains.map((domain) => [domain, servers.map(() => 0)]));
  for (const [at, { counters }] of servers.entries()) {
    for (const [name, times] of counters.names) {
      const counts = met.get(/domain.*/.exec(name)?.[0] ?? "");
      if (counts !== undefined) counts[at]! += times;
    }
  }
  const all = [...met.values()];
  const copies = all.flat().reduce((sum, times) => sum + times, 0) - names.length;
  const astray = all.reduce((sum, counts) => sum + counts.reduce((a, b) => a + b) - Math.max(...counts), 0);
  expect(astray).toBeLessThanOrEqual(copies);
  return {
    home: new Map([...met].map(([domain, counts]) => [domain, counts.indexOf(Math.max(...counts))])),
    copies,
  };
}

/** How many domains of `which` have another home than before, beyond those that copies may have led astray. */
function moved(before: Met, now: Met, which: (home: number) => boolean): number {
  const others = [...before.home].filter(([domain, home]) => which(home) && now.home.get(domain) !== home);
  return Math.max(0, others.length - before.copies - now.copies);
}

test("policy hash over four servers: one of them meets all names of a registrable domain; one down, only its share moves", async () => {
  const operators = ["one.example", "two.example", "three.example", "four.example"];
  const servers = await Promise.all(operators.map((name) => start({ name })));
  const specs = servers.map((server) => specOf(server));
  const { client } = await serve(specs, { policy: "hash" });
  const ask = async (): Promise<Met> => {
    for (const server of servers) server.resetCounters();
    expect(failuresOf(await client.askAll(names, 20))).toEqual([]);
    return meetings(servers);
  };
  const before = await ask();
  for (const at of servers.keys()) {
    expect([...before.home.values()].filter((home) => home === at).length).toBeGreaterThan(DOMAINS / 10);
  }
  await servers[2]!.refuse();
  const meanwhile = await ask();
  expect(moved(before, meanwhile, (home) => home !== 2)).toBe(0);
  const homeless = [...before.home].filter(([, home]) => home === 2).map(([domain]) => domain);
  // To all the others.
  expect(new Set(homeless.map((domain) => meanwhile.home.get(domain)))).toEqual(new Set([0, 1, 3]));
  await servers[2]!.listen();
  // It is tried again by itself, and then all is as before.
  await expect
    .poll(async () => moved(before, await ask(), () => true), { timeout: 12_000, interval: 500 })
    .toBe(0);
}, 40_000);
