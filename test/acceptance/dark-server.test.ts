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
  // Of two operators, as it matters to hash.
  const servers = [await start({ delay: 3 }), await start({ delay: 5, name: "other.example" })] as const;
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

describe.each(policies.slice(0, 3))(
  "policy %s: a server that was dark under 500 queries a second",
  (name, policy) => {
    test("has its share again within 10 s of its return, and nobody pays for the trial", async () => {
      // So far apart that a busy machine cannot make the one look like the other.
      const servers = [await start({ delay: 3 }), await start({ delay: 40 })] as const;
      const { client, events } = await forward(servers, policy);
      const [first] = servers;
      const BACK_AT = 2000;
      // All with failover and fastest, half with round-robin.
      const due = name === "round-robin" ? 0.4 : 0.8;
      let [seen, sent, carriesAt] = [0, 0, Infinity];
      const look = (milliseconds: number) => (): void => {
        const counts = servers.map(({ counters }) => counters.queries);
        const share = (counts[0]! - seen) / (counts[0]! + counts[1]! - sent);
        if (share > due) carriesAt = Math.min(carriesAt, milliseconds);
        else carriesAt = Infinity;
        [seen, sent] = [counts[0]!, counts[0]! + counts[1]!];
      };
      const looks = Array.from({ length: 20 }, (_, at) => BACK_AT + 500 * (at + 1));
      const replies = await load(client, PER_SECOND, BACK_AT + 10_000 + 50, {
        at: [
          [300, () => first.goDark()],
          [BACK_AT, () => first.comeBack()],
          ...looks.map((at) => [at, look(at)] as const),
        ],
      });
      expect(failuresOf(replies)).toEqual([]);
      expect(
        within(
          replies.filter(({ askedAt }) => askedAt > BACK_AT),
          1,
        ),
      ).toBeLessThan(1500);
      // From then on, to the end.
      expect(carriesAt).toBeLessThan(BACK_AT + 10_000);
      expect(events).toContain("up 0");
    });
  },
);
