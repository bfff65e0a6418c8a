import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { ReplyView } from "../../src/dns/reply-view.ts";
import { Source } from "../../src/observe/outcome.ts";
import { rawQuery } from "../support/raw-query.ts";
import { a, Caching, RESPONSE, soa } from "./caching.ts";

const DAY = 86_400;

/** An answer of a server as the resolver shows it when it asks whether memory has something better. */
function reply(rcode: number): ReplyView {
  const bytes = rawQuery({ flags: RESPONSE | rcode });
  const view = new ReplyView();
  view.read(bytes, 0, bytes.length);
  return view;
}

/** A cache with an answer of 300 s whose time is over since `late` seconds. */
function overdue(late: number, change: ConstructorParameters<typeof Caching>[0] = {}): Caching {
  const caching = new Caching(change);
  caching.serve({}, { flags: RESPONSE | Flag.AD, answers: [a(300)], additionals: [a(9000)] });
  caching.pass(300 + late);
  return caching;
}

describe("an answer over its time, on failure (RFC 8767)", () => {
  it("is not given before a server was asked", () => {
    expect(overdue(10).hit()).toBeNull();
  });

  it("is given when nobody answers: TTL 30 in every section, extended error 3, no AD", () => {
    const caching = overdue(10);
    const { query } = caching.ask({ flags: Flag.RD | Flag.AD, opt: {} });
    caching.silence(query);
    expect(caching.stage.rescue(query)).toBe(true);
    expect(caching.last()).toMatchObject({
      source: Source.STALE,
      rcode: 0,
      data: ["192.0.2.1"],
      ttls: [30, 30],
      errors: [3],
      message: { flags: RESPONSE },
    });
  });

  it.each([2, 5, 1, 4, 9])("is given in place of response code %i", (rcode) => {
    const caching = overdue(10);
    const { query } = caching.ask({ opt: {} });
    caching.answer(query, { flags: RESPONSE | rcode });
    expect(caching.stage.rescue(query, reply(rcode))).toBe(true);
    expect(caching.last()).toMatchObject({ source: Source.STALE, errors: [3] });
  });

  it.each([0, 3])("gives way to response code %i, which is an answer, kept or not", (rcode) => {
    const caching = overdue(10);
    const { query } = caching.ask();
    caching.answer(query, { flags: RESPONSE | rcode });
    expect(caching.stage.rescue(query, reply(rcode))).toBe(false);
  });

  it("that says that there is no such name has extended error 19", () => {
    const caching = new Caching();
    caching.serve({}, { flags: RESPONSE | 3, authorities: [soa(60)] });
    caching.pass(70);
    const { query } = caching.ask({ type: 28, opt: {} });
    caching.silence(query);
    expect(caching.stage.rescue(query)).toBe(true);
    expect(caching.last()).toMatchObject({ rcode: 3, ttls: [30], errors: [19], source: Source.STALE });
  });

  it("is given for a bounded time", () => {
    const inTime = overdue(DAY - 1);
    const { query } = inTime.ask();
    inTime.silence(query);
    expect(inTime.stage.rescue(query)).toBe(true);
    const late = overdue(DAY);
    const { query: after } = late.ask();
    late.silence(after);
    expect(late.stage.rescue(after)).toBe(false);
  });

  it("is never given when that is switched off", () => {
    const caching = overdue(1, { staleFor: 0 });
    const { query } = caching.ask();
    caching.silence(query);
    expect(caching.stage.rescue(query)).toBe(false);
  });

  it("is never given when its TTL was 0", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(0)] });
    const { query } = caching.ask();
    caching.silence(query);
    expect(caching.stage.rescue(query)).toBe(false);
  });

  it("is given at once after a failure, and asked for again behind that each second until there is an answer", () => {
    const caching = overdue(10);
    caching.silence(caching.ask().query);
    for (let failed = 0; failed < 40; failed++) {
      for (const _ of [0, 1, 2]) {
        expect(caching.hit({ opt: {} })).toMatchObject({
          source: Source.STALE,
          ttls: [30, 30],
          errors: [3],
        });
      }
      expect(caching.fetched).toHaveLength(failed);
      caching.pass(1);
      for (const _ of [0, 1, 2]) expect(caching.hit()).toMatchObject({ source: Source.STALE });
      expect(caching.fetched).toHaveLength(failed + 1);
      caching.silence(caching.fetched.at(-1)!);
    }
    caching.pass(1);
    caching.hit();
    caching.answer(caching.fetched.at(-1)!, { answers: [a(300, 2)] });
    expect(caching.hit()).toMatchObject({ source: Source.CACHE, data: ["192.0.2.2"], ttls: [300] });
  });

  it("is asked for again after pauses that double up to half a minute where the server says SERVFAIL", () => {
    const caching = overdue(10);
    caching.answer(caching.ask().query, { flags: RESPONSE | 2 });
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      const fetched = caching.fetched.length;
      let seconds = 0;
      for (; caching.fetched.length === fetched; caching.pass(1), seconds++) {
        expect(caching.hit()).toMatchObject({ source: Source.STALE });
      }
      pauses.push(seconds - 1);
      caching.answer(caching.fetched.at(-1)!, { flags: RESPONSE | 2 });
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it("makes nobody wait half a minute after it failed; a first one waits again after that", () => {
    const caching = overdue(10);
    caching.silence(caching.ask().query);
    caching.pass(30);
    expect(caching.hit()).toMatchObject({ source: Source.STALE });
    caching.pass(1);
    expect(caching.hit()).toBeNull();
  });

  it("is not kept on for want of room for the question of nobody: the next one asks", () => {
    const caching = overdue(10);
    caching.silence(caching.ask().query);
    caching.pass(1);
    caching.refusing = true;
    expect(caching.hit()).toMatchObject({ source: Source.STALE });
    caching.refusing = false;
    caching.pass(1);
    expect(caching.hit()).toMatchObject({ source: Source.STALE });
    expect(caching.fetched).toHaveLength(1);
  });

  it.each([
    ["TTL 0", { answers: [a(0, 9)] }],
    ["nothing, and not for how long", {}],
    ["that there is no such name, and not for how long", { flags: RESPONSE | 3 }],
  ])("is over for good when a server answers with %s", (_what, answer) => {
    const caching = overdue(10, { staleAtOnce: true });
    expect(caching.hit()).toMatchObject({ source: Source.STALE });
    caching.answer(caching.fetched[0]!, answer);
    expect(caching.hit()).toBeNull();
    const { query } = caching.ask();
    caching.silence(query);
    expect(caching.stage.rescue(query)).toBe(false);
  });

  it("is given at once, however often the question fails, and not shadowed by that", () => {
    const caching = overdue(10);
    for (let i = 0; i < 20; i++) {
      const { query, given } = caching.ask();
      if (given === null) {
        caching.answer(query, { flags: RESPONSE | 2 });
        expect(caching.stage.rescue(query, reply(2))).toBe(true);
      }
      expect(caching.last()).toMatchObject({ source: Source.STALE, rcode: 0 });
      caching.pass(31);
    }
  });

  it("is asked for again as soon as failures are forgotten", () => {
    const caching = overdue(10);
    caching.silence(caching.ask().query);
    expect(caching.hit()).not.toBeNull();
    caching.pass(2);
    caching.cache.tick();
    caching.stage.forgetFailures();
    expect(caching.hit()).toBeNull();
  });

  it("is that of the type or that of the whole name, whichever is newer", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(60)] });
    caching.pass(61);
    caching.serve({}, { flags: RESPONSE | 3, authorities: [soa(60)] });
    caching.pass(61);
    const { query } = caching.ask();
    caching.silence(query);
    caching.stage.rescue(query);
    expect(caching.last()).toMatchObject({ rcode: 3, source: Source.STALE });
    caching.pass(31);
    caching.serve({}, { answers: [a(60, 7)] });
    caching.pass(61);
    const later = caching.ask().query;
    caching.silence(later);
    caching.stage.rescue(later);
    expect(caching.last()).toMatchObject({ rcode: 0, data: ["192.0.2.7"], source: Source.STALE });
  });

  it("has TTL 30 where its own was lower as well (RFC 8767 section 4)", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(5)] });
    caching.pass(6);
    const { query } = caching.ask();
    caching.silence(query);
    caching.stage.rescue(query);
    expect(caching.last().ttls).toEqual([30]);
  });

  it("does not answer a client that is not to see what is kept", () => {
    const caching = overdue(10);
    caching.diverted = true;
    const { query } = caching.ask();
    caching.silence(query);
    expect(caching.stage.rescue(query)).toBe(false);
  });
});

describe("the client response timer (RFC 8767 section 5)", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("gives what is over its time after 1.8 seconds, once, and the answer still counts when it comes", () => {
    const caching = overdue(10);
    const { query } = caching.ask({ opt: {} });
    const { query: other } = caching.ask({ name: "other.test" });
    const before = caching.door.sent.length;
    vi.advanceTimersByTime(1790);
    expect(caching.door.sent).toHaveLength(before);
    vi.advanceTimersByTime(20);
    expect(caching.door.sent).toHaveLength(before + 1);
    expect(caching.last()).toMatchObject({ source: Source.STALE, ttls: [30, 30], errors: [3] });
    expect(query.settled).toBe(true);
    expect(other.settled).toBe(false);
    caching.answer(query, { answers: [a(300, 2)] });
    expect(caching.hit()).toMatchObject({ data: ["192.0.2.2"], ttls: [300] });
    vi.advanceTimersByTime(10_000);
    expect(caching.door.sent).toHaveLength(before + 2);
  });

  it("does nothing for those that have their answer, nor for those that follow them", () => {
    const caching = overdue(10);
    const { query } = caching.ask();
    const { query: follower } = caching.ask({ id: 2 });
    query.follower = follower;
    const before = caching.door.sent.length;
    caching.answer(query, { answers: [a(300, 2)] });
    vi.advanceTimersByTime(10_000);
    expect(caching.door.sent).toHaveLength(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("runs from each client's own arrival", () => {
    const caching = overdue(10);
    const { query } = caching.ask();
    vi.advanceTimersByTime(1000);
    const { query: follower } = caching.ask({ id: 2 });
    query.follower = follower;
    vi.advanceTimersByTime(850);
    expect([query.settled, follower.settled]).toEqual([true, false]);
    vi.advanceTimersByTime(1000);
    expect([query.settled, follower.settled]).toEqual([true, true]);
  });

  it("is one timer of the system for all", () => {
    const caching = overdue(10);
    for (let id = 0; id < 100; id++) caching.ask({ id });
    expect(vi.getTimerCount()).toBe(1);
    caching.stage.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an answer over its time, immediately", () => {
  it("is given at once, and fetched anew once", () => {
    const caching = overdue(10, { staleAtOnce: true });
    for (let id = 0; id < 5; id++) {
      expect(caching.hit({ id, opt: {} })).toMatchObject({
        source: Source.STALE,
        errors: [3],
        ttls: [30, 30],
      });
    }
    expect(caching.fetched).toHaveLength(1);
    caching.answer(caching.fetched[0]!, { answers: [a(300, 2)] });
    expect(caching.hit()).toMatchObject({ source: Source.CACHE, data: ["192.0.2.2"] });
  });

  it("is fetched again a second after that failed, not before", () => {
    const caching = overdue(10, { staleAtOnce: true });
    caching.hit();
    for (let failed = 1; failed < 5; failed++) {
      caching.silence(caching.fetched.at(-1)!);
      for (const _ of [0, 1, 2]) expect(caching.hit()).toMatchObject({ source: Source.STALE });
      expect(caching.fetched).toHaveLength(failed);
      caching.pass(1);
      caching.hit();
      expect(caching.fetched).toHaveLength(failed + 1);
    }
  });

  it.each([
    ["REFUSED", { flags: RESPONSE | 5 }],
    ["half of an answer", { flags: RESPONSE | Flag.TC, answers: [a(300, 2)] }],
  ])("is fetched again a second after the server said %s", (_what, answer) => {
    const caching = overdue(10, { staleAtOnce: true });
    caching.hit();
    caching.answer(caching.fetched[0]!, answer);
    expect(caching.hit()).toMatchObject({ source: Source.STALE });
    expect(caching.fetched).toHaveLength(1);
    caching.pass(1);
    expect(caching.hit()).toMatchObject({ source: Source.STALE });
    expect(caching.fetched).toHaveLength(2);
  });

  it("is fetched by the generation that follows when its own was retired meanwhile", () => {
    const before = overdue(10, { staleAtOnce: true });
    const after = new Caching({ staleAtOnce: true }, before.cache.memory);
    after.time = before.time;
    before.hit();
    before.stage.retire();
    before.answer(before.fetched[0]!, { answers: [a(300, 2)] });
    expect(after.hit()).toMatchObject({ source: Source.STALE });
    expect(after.fetched).toHaveLength(0);
    after.pass(1);
    after.hit();
    expect(after.fetched).toHaveLength(1);
  });
});
