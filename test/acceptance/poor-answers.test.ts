import { describe, expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { failuresOf, forward } from "../support/forwarder.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { Knobs } from "../support/scripted-upstream/knobs.ts";
import type { ScriptedQuery } from "../support/scripted-upstream/query.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";

const NAME = "a.test";
const SERVFAIL = 2;
const NXDOMAIN = 3;
const NOTIMP = 4;
const REFUSED = 5;
const retryRcodes: ReadonlySet<number> = new Set([1, SERVFAIL, NOTIMP, REFUSED]);
const poor = (rcode: number): Partial<Knobs> => ({ rcodes: { [NAME]: rcode } });

/** Asks one question of servers with these knobs, in strict order: what the client got, and how often each was asked. */
async function ask(
  all: readonly Partial<Knobs>[],
  codes: ReadonlySet<number> = retryRcodes,
): Promise<{ outcome: string; queries: number[]; servers: ScriptedUpstream[] }> {
  const servers = await Promise.all(all.map((knobs) => start(knobs)));
  const { client } = await forward(servers, failover, { retryRcodes: codes, timeout: 2000 });
  const { message } = await client.ask(NAME);
  return { outcome: outcomeOf(message), queries: servers.map(({ counters }) => counters.queries), servers };
}

describe("an answer that another server may not give", () => {
  test.each([
    ["FORMERR", 1],
    ["SERVFAIL", SERVFAIL],
    ["NOTIMP", NOTIMP],
    ["REFUSED", REFUSED],
  ])("%s: one other is asked, and its answer is returned", async (_, rcode) => {
    const { outcome, queries } = await ask([poor(rcode), {}, {}]);
    expect(outcome).toBe(addressOf(NAME));
    expect(queries).toEqual([1, 1, 0]);
  });

  test("when the other one knows no better, the first one's is returned, and nobody else is asked", async () => {
    const { outcome, queries } = await ask([poor(REFUSED), poor(SERVFAIL), {}]);
    expect(outcome).toMatch(/^rcode 5 /);
    expect(queries).toEqual([1, 1, 0]);
  });

  test("when the other one refuses connections, the one after it is asked", async () => {
    const servers = [await start(poor(SERVFAIL)), await start(), await start()];
    await servers[1]!.refuse();
    const { client } = await forward(servers, failover, { retryRcodes });
    expect(failuresOf([await client.ask(NAME)])).toEqual([]);
    expect(servers[2]!.counters.queries).toBe(1);
  });

  test("when nobody else says anything, it is returned within the client's wait", async () => {
    const { outcome, queries } = await ask([poor(REFUSED), { silent: true }]);
    expect(outcome).toMatch(/^rcode 5 /);
    expect(queries[0]).toBe(1);
  });

  test("from a single server it is returned at once", async () => {
    const { outcome, queries } = await ask([poor(REFUSED)]);
    expect(outcome).toMatch(/^rcode 5 /);
    expect(queries).toEqual([1]);
  });

  test("with an empty list of codes nobody else is ever asked", async () => {
    const { outcome, queries } = await ask([poor(SERVFAIL), {}], new Set());
    expect(outcome).toMatch(/^SERVFAIL /);
    expect(queries).toEqual([1, 0]);
  });
});

describe("an answer that says something is no reason to ask another server:", () => {
  test("NXDOMAIN", async () => {
    const { outcome, queries } = await ask([poor(NXDOMAIN), {}]);
    expect(outcome).toMatch(/^rcode 3 /);
    expect(queries).toEqual([1, 0]);
  });

  test("NODATA", async () => {
    const servers = [await start(), await start()];
    const { client } = await forward(servers, failover, { retryRcodes });
    const { message } = await client.ask(NAME, { type: 99 });
    expect([message?.answers.length, outcomeOf(message)]).toEqual([0, ""]);
    expect(servers[1]!.counters.queries).toBe(0);
  });

  test.each([6, 7, 8, 9, 10, 11, 12])(
    "SERVFAIL because DNSSEC does not hold (extended error %i)",
    async (code) => {
      const { outcome, queries } = await ask([{ ...poor(SERVFAIL), ede: { code, text: "bogus" } }, {}]);
      expect(outcome).toMatch(new RegExp(`^SERVFAIL ${code} `));
      expect(queries).toEqual([1, 0]);
    },
  );

  test.each([0, 5, 13, 22, 23])(
    "but SERVFAIL for another reason (extended error %i) is one",
    async (code) => {
      const { outcome, queries } = await ask([{ ...poor(SERVFAIL), ede: { code, text: "sorry" } }, {}]);
      expect(outcome).toBe(addressOf(NAME));
      expect(queries).toEqual([1, 1]);
    },
  );
});

describe("a server that cannot read EDNS", () => {
  const hadOpt = ({ counters }: ScriptedUpstream): boolean[] => counters.log.map(({ opt }) => opt !== null);

  test("is asked once without, and without from then on", async () => {
    const [old, other] = [await start({ formerrToEdns: true }), await start()];
    const { client } = await forward([old, other], failover, { retryRcodes });
    expect(failuresOf(await client.askAll(["a.test", "b.test", "c.test"], 1))).toEqual([]);
    expect(hadOpt(old)).toEqual([true, false, false, false]);
    expect(other.counters.queries).toBe(0);
  });

  test("a FORMERR to the question itself, or with EDNS in it, says nothing about EDNS", async () => {
    for (const knobs of [{ ...poor(1), edns: false }, poor(1)] satisfies Partial<Knobs>[]) {
      const server = await start(knobs);
      const { client } = await forward([server], failover, { retryRcodes });
      expect(outcomeOf((await client.ask(NAME)).message)).toMatch(/^rcode 1 /);
      expect(failuresOf([await client.ask("b.test")])).toEqual([]);
      expect(hadOpt(server).at(-1)).toBe(true);
      expect(server.counters.queries).toBe(knobs.edns === false ? 3 : 2);
    }
  });

  test("nor without it: it is asked twice some times, and then once", async () => {
    const server = await start({ ...poor(1), edns: false });
    const { client } = await forward([server], failover, { retryRcodes });
    const asked: number[] = [];
    for (let at = 0; at < 5; at++) {
      server.resetCounters();
      expect(outcomeOf((await client.ask(NAME)).message)).toMatch(/^rcode 1 /);
      asked.push(server.counters.queries);
    }
    expect(asked).toEqual([2, 2, 2, 1, 1]);
    // All others are asked with EDNS as ever.
    expect(failuresOf([await client.ask("b.test")])).toEqual([]);
    expect(hadOpt(server).at(-1)).toBe(true);
  });

  test("of version 0 says BADVERS, and is asked without as well", async () => {
    const BADVERS = 16;
    const server = await start({ answer: (query) => (query.opt === null ? undefined : badVersion(query)) });
    const badVersion = ({ bytes, questionEnd }: ScriptedQuery): Uint8Array => {
      const opt = Uint8Array.of(0, 0, 41, 4, 208, BADVERS >> 4, 0, 0, 0, 0, 0);
      const message = Buffer.concat([bytes.subarray(0, questionEnd), opt]);
      message[2]! |= 0x80;
      message[11] = 1;
      return message;
    };
    const { client } = await forward([server], failover, { retryRcodes });
    expect(failuresOf(await client.askAll(["a.test", "b.test"], 1))).toEqual([]);
    expect(hadOpt(server)).toEqual([true, false, false]);
  });
});

describe("an answer over TLS that is cut short", () => {
  const cut: Partial<Knobs> = { fault: "truncated" };
  const TC = 0x0200;

  test("is a reason to ask another server", async () => {
    const { outcome, queries } = await ask([cut, {}, {}]);
    expect(outcome).toBe(addressOf(NAME));
    expect(queries).toEqual([1, 1, 0]);
  });

  test("is passed on where nobody has a better one, so that the client can ask again over TCP", async () => {
    for (const others of [[], [cut], [poor(SERVFAIL)]]) {
      const servers = await Promise.all([cut, ...others].map((knobs) => start(knobs)));
      const { client } = await forward(servers, failover, { retryRcodes });
      const { message } = await client.ask(NAME);
      expect([message!.flags & TC, message!.flags & 15]).toEqual([TC, 0]);
    }
  });

  test("is better than an error", async () => {
    const servers = [await start(poor(SERVFAIL)), await start(cut)];
    const { client } = await forward(servers, failover, { retryRcodes });
    const { message } = await client.ask(NAME);
    expect([message!.flags & TC, message!.flags & 15]).toEqual([TC, 0]);
  });
});

test("the daemon asks again for SERVFAIL, REFUSED, NOTIMP and FORMERR unless told otherwise", async () => {
  for (const rcode of [1, SERVFAIL, NOTIMP, REFUSED]) {
    const servers = [await start(poor(rcode)), await start()];
    const { client } = await serve(servers.map((server) => specOf(server)));
    expect(outcomeOf((await client.ask(NAME)).message)).toBe(addressOf(NAME));
  }
});
