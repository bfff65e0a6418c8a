import { describe, expect, test } from "vitest";
import { failover } from "../../src/upstream/policy/failover.ts";
import { fastest } from "../../src/upstream/policy/fastest.ts";
import { hash, lastTwoLabels } from "../../src/upstream/policy/hash.ts";
import type { PolicyMaker } from "../../src/upstream/policy/policy.ts";
import { race } from "../../src/upstream/policy/race.ts";
import { roundRobin } from "../../src/upstream/policy/round-robin.ts";
import { failuresOf, forward, load, type Timely, within } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";

const policies: readonly (readonly [string, PolicyMaker])[] = [
  ["failover", failover],
  ["round-robin", roundRobin],
  ["fastest", (upstreams) => fastest(upstreams)],
  ["race", (upstreams) => race(upstreams)],
  ["hash", (upstreams) => hash(upstreams, lastTwoLabels)],
];

const PER_SECOND = 500;
const DARK_AT = 600;
const END = 5000;

function asked(replies: readonly Timely[], from: number, to: number): Timely[] {
  return replies.filter(({ askedAt }) => askedAt >= from && askedAt < to);
}

/** A reset takes the open connection away, so that the first thing to hang is a new one. */
async function oneGoesDark(policy: PolicyMaker, reset: boolean): Promise<Timely[]> {
  const servers = [await start({ delay: 3 }), await start({ delay: 5 })] as const;
  const { client } = await forward(servers, policy);
  const [dark] = servers;
  const goDark = (): void => {
    dark.goDark();
    if (reset) dark.closeAll("rst");
  };
  return load(client, PER_SECOND, END, { at: [[DARK_AT, goDark]] });
}

describe("one of two servers goes dark under 500 queries a second: nobody waits long, nobody gets SERVFAIL", () => {
  test.each(policies)("policy %s, its connection says nothing any more", async (_, policy) => {
    const replies = await oneGoesDark(policy, false);
    expect(failuresOf(replies)).toEqual([]);
    expect(within(replies, 1)).toBeLessThan(1500);
    expect(within(asked(replies, DARK_AT + 3000, END), 0.99)).toBeLessThan(50);
  });

  test.each(policies.filter(([name]) => name === "failover" || name === "round-robin"))(
    "policy %s, its connection is reset and no other opens",
    async (_, policy) => {
      const replies = await oneGoesDark(policy, true);
      expect(failuresOf(replies)).toEqual([]);
      expect(within(replies, 1)).toBeLessThan(1500);
      expect(within(asked(replies, DARK_AT + 3000, END), 0.99)).toBeLessThan(50);
    },
  );
});

test("a server that answers only what every server has at hand leaves nobody waiting", async () => {
  const servers = [await start(), await start()] as const;
  const { client } = await forward(servers, failover);
  const replies = await load(client, 100, 4000, {
    at: [[500, () => servers[0].set({ answer: ({ name }) => (name === "." ? undefined : null) })]],
  });
  expect(failuresOf(replies)).toEqual([]);
  expect(within(replies, 1)).toBeLessThan(1500);
});

describe.each(policies.slice(0, 3))("policy %s: a server that was dark", (name, policy) => {
  test("has its share again within 10 s, and nobody pays for the trial", async () => {
    const servers = [await start({ delay: 3 }), await start({ delay: 8 })] as const;
    const { client, events } = await forward(servers, policy);
    const [first] = servers;
    let before = 0;
    const replies = await load(client, 200, 9000, {
      at: [
        [300, () => first.goDark()],
        [2000, () => first.comeBack()],
        [8500, () => (before = first.counters.queries)],
      ],
    });
    expect(failuresOf(replies)).toEqual([]);
    const share = first.counters.queries - before;
    // Of 100 in the last half second: all with failover and fastest, half with round-robin.
    expect(share).toBeGreaterThan(name === "round-robin" ? 35 : 80);
    expect(events).toContain("up 0");
  });
});
