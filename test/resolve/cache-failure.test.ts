import { describe, expect, it } from "vitest";
import { extraError } from "../../src/resolve/extra-errors.ts";
import { Source } from "../../src/observe/outcome.ts";
import { Flag } from "../../src/dns/header.ts";
import { a, Caching, RESPONSE } from "./caching.ts";

const DAY = 86_400;

const SERVFAIL = { flags: RESPONSE | 2 };
const bogus = { code: 15, data: Buffer.from([0, 6, ...Buffer.from("no signature")]) };

/** How many seconds the question is held back. */
function heldFor(caching: Caching): number {
  for (let seconds = 0; ; seconds++) {
    if (caching.hit() === null) return seconds;
    caching.pass(1);
  }
}

describe("a question that failed (RFC 9520)", () => {
  it("is answered SERVFAIL for a second without asking, with the reason and extended error 13", () => {
    const caching = new Caching();
    caching.serve({ opt: {} }, { ...SERVFAIL, opt: { options: [bogus] } });
    const given = caching.hit({ id: 9, opt: {} })!;
    expect(given).toMatchObject({ source: Source.CACHE, rcode: 2, ttls: [], errors: [13, 6] });
    expect(given.message).toMatchObject({ id: 9, flags: RESPONSE | 2 });
    expect(caching.ask().query.error).toBe("failed a moment ago, and not asked again yet");
    caching.pass(1);
    const { query, given: none } = caching.ask();
    expect([query.error, none]).toEqual([null, null]);
  });

  it("is held back twice as long each time, up to five minutes", () => {
    const caching = new Caching();
    const times: number[] = [];
    for (let i = 0; i < 11; i++) {
      caching.serve({}, SERVFAIL);
      times.push(heldFor(caching));
    }
    expect(times).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it("is held back no longer than configured", () => {
    const caching = new Caching({ failureTtl: 3 });
    const times = [0, 1, 2, 3].map(() => {
      caching.serve({}, SERVFAIL);
      return heldFor(caching);
    });
    expect(times).toEqual([1, 2, 3, 3]);
  });

  it("begins at a second again when it was well in between, or not asked for long", () => {
    const caching = new Caching();
    for (const _ of [0, 1, 2]) {
      caching.serve({}, SERVFAIL);
      heldFor(caching);
    }
    caching.serve({}, { answers: [a(1)] });
    caching.pass(DAY + 2);
    caching.serve({}, SERVFAIL);
    expect(heldFor(caching)).toBe(1);
    caching.pass(3600);
    caching.serve({}, SERVFAIL);
    expect(heldFor(caching)).toBe(1);
  });

  it("is held back for a second, always, when nobody answered: the network nearby may be back at once", () => {
    const caching = new Caching();
    for (let i = 0; i < 5; i++) {
      const { query } = caching.ask();
      query.extra = extraError(22, "refused");
      caching.silence(query);
      expect(caching.hit({ opt: {} })).toMatchObject({ rcode: 2, errors: [13, 22] });
      expect(heldFor(caching)).toBe(1);
    }
  });

  it("is a matter of its type, DO and CD", () => {
    const caching = new Caching();
    caching.serve({}, SERVFAIL);
    expect(caching.hit({ type: 28 })).toBeNull();
    expect(caching.hit({ opt: { dnssecOk: true } })).toBeNull();
    // Who switches validation off gets what the validator refuses.
    expect(caching.hit({ flags: Flag.RD | Flag.CD })).toBeNull();
  });

  it("never shadows an answer: neither one that is fresh nor one over its time", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(60)] });
    for (const _ of [0, 1, 2]) caching.hit();
    caching.pass(55);
    caching.hit();
    caching.answer(caching.fetched[0]!, SERVFAIL);
    expect(caching.hit()).toMatchObject({ rcode: 0, source: Source.CACHE });
    caching.pass(6);
    expect(caching.hit()).toMatchObject({ rcode: 0, source: Source.STALE });
  });

  it("is asked at once when failures are forgotten", () => {
    const caching = new Caching();
    for (const _ of [0, 1, 2, 3]) {
      caching.serve({}, SERVFAIL);
      heldFor(caching);
    }
    caching.serve({}, SERVFAIL);
    caching.pass(2);
    expect(caching.hit()).not.toBeNull();
    caching.stage.forgetFailures();
    expect(caching.hit()).toBeNull();
  });

  it("is forgotten by a thread that has had nothing to do since, too", () => {
    const one = new Caching();
    const other = new Caching({}, one.cache.memory);
    one.pass(100);
    for (const _ of [0, 1, 2, 3]) {
      one.serve({}, SERVFAIL);
      heldFor(one);
    }
    one.serve({}, SERVFAIL);
    one.pass(2);
    other.time = one.time;
    other.stage.forgetFailures();
    expect(one.hit()).toBeNull();
  });

  it("has its reason for those only who sent OPT", () => {
    const caching = new Caching();
    caching.serve({}, { ...SERVFAIL, opt: { options: [bogus] } });
    expect(caching.hit()).toMatchObject({ rcode: 2, message: { edns: null } });
  });
});
