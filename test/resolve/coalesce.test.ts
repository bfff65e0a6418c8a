import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import type { ClientQuery } from "../../src/listen/client-query.ts";
import { Coalesce } from "../../src/resolve/coalesce.ts";
import { Step } from "../../src/resolve/stage.ts";
import type { RawQuery } from "../support/raw-query.ts";
import { clientQuery } from "./queries.ts";

function followers(leader: ClientQuery): ClientQuery[] {
  const all: ClientQuery[] = [];
  for (let one = leader.follower; one !== null; one = one.follower) all.push(one);
  return all;
}

function enter(stage: Coalesce, message: RawQuery): { step: number; query: ClientQuery } {
  const { query } = clientQuery(message);
  return { step: stage.enter(query), query };
}

const base: RawQuery = { name: "www.example.test", type: 1, class: 1, flags: Flag.RD };

describe("a question in flight", () => {
  it.each<[string, RawQuery]>([
    ["the same", {}],
    ["another id", { id: 9 }],
    ["another case", { name: "WWW.Example.TEST" }],
    ["another payload size", { opt: { udpSize: 4096 } }],
    ["AD", { flags: Flag.RD | Flag.AD }],
    ["options of its own", { opt: { options: [{ code: 10, data: Buffer.alloc(8) }] } }],
  ])("is followed by the same question with %s", (_, change) => {
    const stage = new Coalesce({ diversion: null });
    const leader = enter(stage, base);
    const follower = enter(stage, { ...base, ...change });
    expect([leader.step, follower.step]).toEqual([Step.NEXT, Step.LATER]);
    expect(followers(leader.query)).toEqual([follower.query]);
  });

  it.each<[string, RawQuery]>([
    ["name", { name: "www2.example.test" }],
    ["name, of the same length", { name: "wwx.example.test" }],
    ["name, whose labels are cut elsewhere", { name: "www.exampl.e.test" }],
    ["type", { type: 28 }],
    ["class", { class: 4 }],
    ["DO", { opt: { dnssecOk: true } }],
    ["CD", { flags: Flag.RD | Flag.CD }],
  ])("is not followed by one with another %s", (_, change) => {
    const stage = new Coalesce({ diversion: null });
    const leader = enter(stage, base);
    expect(enter(stage, { ...base, ...change }).step).toBe(Step.NEXT);
    expect(leader.query.follower).toBeNull();
  });

  it("is followed no more once it is over", () => {
    const stage = new Coalesce({ diversion: null });
    const leader = enter(stage, base);
    stage.leave(leader.query);
    expect(enter(stage, base).step).toBe(Step.NEXT);
    // An end that is told late does not end the new one.
    stage.leave(leader.query);
    expect(enter(stage, base).step).toBe(Step.LATER);
  });

  it("is not followed by who asks when the bypass was opened or closed since, and all are counted out", () => {
    const heading = { diversion: null as unknown };
    const stage = new Coalesce(heading);
    const leaders = [null, "the network", null, "another network"].map((diversion) => {
      heading.diversion = diversion;
      const leader = enter(stage, base);
      expect(leader.step).toBe(Step.NEXT);
      for (let i = 0; i < 2500; i++) expect(enter(stage, base).step).toBe(Step.LATER);
      expect(followers(leader.query)).toHaveLength(2500);
      return leader;
    });
    expect(enter(stage, base).step).toBe(Step.ANSWERED);
    stage.leave(leaders[0]!.query);
    // That an earlier one is over does not end the one that is followed now.
    expect(enter(stage, base).step).toBe(Step.LATER);
    expect(followers(leaders[3]!.query)).toHaveLength(2501);
    for (const { query } of leaders.slice(1)) stage.leave(query);
    enter(stage, base);
    for (let i = 0; i < 10_000; i++) expect(enter(stage, base).step).toBe(Step.LATER);
  });

  it("takes many followers, not any number: beyond it they are told at once", () => {
    const stage = new Coalesce({ diversion: null });
    const leader = enter(stage, base);
    for (let i = 0; i < 10_000; i++) expect(enter(stage, base).step).toBe(Step.LATER);
    const refused = enter(stage, base);
    expect(refused.step).toBe(Step.ANSWERED);
    expect(refused.query).toMatchObject({ rcode: 2, follower: null, extra: { code: 0 } });
    expect(followers(leader.query)).toHaveLength(10_000);
    // All that waited are counted out with the one that they waited for.
    stage.leave(leader.query);
    const next = enter(stage, base);
    for (let i = 0; i < 10_000; i++) expect(enter(stage, base).step).toBe(Step.LATER);
    expect(enter(stage, base).step).toBe(Step.ANSWERED);
    stage.leave(next.query);
  });
});
