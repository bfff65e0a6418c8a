import { setTimeout as pause } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CacheConfig, Config } from "../../src/config/config.ts";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import type { Explanation } from "../../src/control/explanation.ts";
import { Flag } from "../../src/dns/header.ts";
import { decodeMessage, encodeMessage } from "../../src/dns/message.ts";
import { parseName } from "../../src/dns/name.ts";
import { rcodeName } from "../../src/dns/rcode.ts";
import { parseZone } from "../../src/dns/zone-text.ts";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedQuery } from "../support/scripted-upstream/query.ts";
import { type Served, serve, specOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";

const cache: CacheConfig = { ...NO_CACHE, size: 4 * 1024 * 1024, serveStale: "on-failure", prefetch: false };

/** Answers by the name: `short` ones live for a second, of `gone` names there is no such name, `proved` by validation. */
function answer({ bytes, name }: ScriptedQuery): Uint8Array {
  const query = decodeMessage(bytes);
  const ttl = name.startsWith("short") ? 1 : 300;
  const rcode = /broken/.test(name) ? 2 : /gone/.test(name) ? 3 : 0;
  const proved = /proved/.test(name) ? Flag.AD : 0;
  const isA = query.questions[0]!.type === 1;
  const text = (line: string): ReturnType<typeof parseZone> => parseZone(line, { origin: parseName(".") });
  return encodeMessage({
    ...query,
    flags: Flag.QR | Flag.RD | Flag.RA | proved | rcode,
    answers: rcode === 0 && isA ? text(`${name}. ${ttl} IN A 192.0.2.1`) : [],
    authorities: rcode === 2 ? [] : text(`. ${ttl} IN SOA a. b. 1 2 3 4 ${ttl}`),
    additionals: [],
    edns: null,
  });
}

async function explain(served: Served, name: string, type: number, client: string): Promise<Explanation> {
  const search = new URLSearchParams({ name, type: `TYPE${type}`, client });
  const reply = await fetch(`${served.server.controlUrl}/v1/explain?${search.toString()}`);
  expect(reply.status).toBe(200);
  return (await reply.json()) as Explanation;
}

/** Whether it went as it was said, as the history has it. */
function differences(said: Explanation, entry: HistoryEntry): string[] {
  const { answeredBy, cache: kept, route } = said;
  const source = entry.source ?? "none";
  const faults: string[] = [];
  const by = {
    local: source === "local",
    cache: source === "cache" || source === "stale",
    upstream: source === "upstream",
    nobody: source === "local" && entry.rcode === "SERVFAIL",
  };
  if (!by[answeredBy]) faults.push(`answered by ${source}`);
  if (answeredBy === "cache" && entry.rcode !== kept!.rcode) faults.push(`rcode ${entry.rcode}`);
  if (source === "stale" && kept!.state !== "stale") faults.push(`stale, not ${kept!.state}`);
  if (source === "cache" && kept!.state === "stale") faults.push("fresh, not stale");
  if (answeredBy === "upstream" && route!.first !== entry.server) faults.push(`by ${entry.server}`);
  if (answeredBy === "local" && !said.summary.endsWith(`: ${entry.rcode}`)) faults.push(`${entry.rcode}`);
  return faults.map((fault) => `${JSON.stringify(said)}: ${fault}`);
}

const NAMES = [
  "www.example.com",
  "short1.example.com",
  "short2.example.com",
  "short3.corp.example",
  "proved.gone.example",
  "a.proved.gone.example",
  "b.a.proved.gone.example",
  "gone.example.net",
  "below.gone.example.net",
  "proved-gone.corp.example",
  "x.proved-gone.corp.example",
  // A route for a name below one that does not exist.
  "routed.proved.gone.example",
  "broken.example.com",
  "broken.corp.example",
  "localhost",
  "name.test",
  "7.0.168.192.in-addr.arpa",
  "www.corp.example",
  "old.down.example",
  "short.down.example",
];
/** A, AAAA, DS, and one that is never passed on. */
const TYPES = [1, 28, 43, 252];
const CLIENTS = ["127.0.0.1", "127.128.0.1"];

describe.each(["on-failure", "immediate", "off"] as const)(
  "what is explained, cache.serveStale: %s,",
  (stale) => {
    it("is what then happens to the query, whatever the name, the type and the client", async () => {
      const [general, corp, dying] = [
        await start({ answer }),
        await start({ answer }),
        await start({ answer }),
      ];
      const route = (suffix: string, to: typeof general): Config["routes"][number] => ({
        match: [{ suffix, apex: true, written: suffix }],
        upstreams: [specOf(to)],
        policy: "failover",
      });
      const served = await serve([specOf(general)], {
        cache: { ...cache, serveStale: stale },
        access: { allow: ["127.0.0.0/9"] },
        localNames: ALL_LOCAL_NAMES,
        routes: [
          route("corp.example", corp),
          route("routed.proved.gone.example", corp),
          route("down.example", dying),
        ],
        control: { socket: null, http: { address: "127.0.0.1", port: 0 }, token: "auto" },
      });
      const clients = await Promise.all(CLIENTS.map((from) => UdpClient.open(served.server.urls[0]!, from)));
      onTestFinished(async () => {
        await Promise.all(clients.map((client) => client.close()));
      });
      const { history } = served.server;
      // It has answered once, and is known to be down.
      await served.client.ask("short.down.example");
      await dying.refuse();
      await pause(1100);
      await served.client.ask("other.down.example");

      const seen = new Set<string>();
      const lastEntry = (): HistoryEntry => history.entry(history.recorded - 1)!;
      let turn = 0;
      const check = fc.asyncProperty(
        fc.constantFrom(...NAMES),
        fc.constantFrom(...TYPES, 1, 1, 1),
        fc.constantFrom(0, 0, 0, 0, 1),
        async (name, type, client) => {
          // So that things get old.
          if (++turn % 50 === 0) await pause(1100);
          const compared = async (): Promise<{ said: Explanation; faults: string[]; isLate: boolean }> => {
            const said = await explain(served, name, type, CLIENTS[client]!);
            const { message } = await clients[client]!.ask(name, { type });
            const entry = lastEntry();
            // Its time may have been over in between.
            const isLate =
              said.cache !== null && Math.abs(said.cache.left) <= 1 && said.cache.state !== "stale";
            const faults = differences(said, entry);
            if (entry.rcode !== rcodeName(message!.flags & 15))
              faults.push(`answered ${message!.flags & 15}`);
            return { said, faults, isLate };
          };
          let { said, faults, isLate } = await compared();
          // A second may have begun between the two, in which a failure is over: that does not happen twice in a row.
          if (faults.length > 0 && !isLate) ({ said, faults, isLate } = await compared());
          if (isLate) return;
          expect(faults).toEqual([]);
          seen.add(`${said.answeredBy} ${said.cache?.state ?? "-"}`);
          seen.add(said.steps.at(-1)!.stage);
          if (said.cache !== null && said.answeredBy === "cache" && said.cache.name !== said.name)
            seen.add("cut");
        },
      );
      await fc.assert(check, { numRuns: 400, endOnFailure: true });
      // It came by all of them.
      expect([...seen].toSorted()).toEqual(
        expect.arrayContaining(
          [
            ["local -", "access", "question", "local names", "upstream -", "policy"],
            ["cache fresh", "cache failure", "cut"],
            stale === "off" ? [] : ["cache stale"],
          ].flat(),
        ),
      );
    }, 60_000);
  },
);
