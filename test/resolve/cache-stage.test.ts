import { describe, expect, it } from "vitest";
import { AnswerCache } from "../../src/cache/answer-cache.ts";
import { Flag } from "../../src/dns/header.ts";
import { Source } from "../../src/observe/outcome.ts";
import { pointer, rawRecord, wireName } from "../support/raw-query.ts";
import { clientQuery, KeepingDoor } from "./queries.ts";
import { a, Caching, RESPONSE, soa } from "./caching.ts";

const NXDOMAIN = RESPONSE | 3;

describe("an answer that is kept", () => {
  it("is given again with the client's own id, case and flags, its TTLs counted down in every section", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(300)], authorities: [soa(200)], additionals: [a(250, 9)], opt: {} });
    caching.pass(7);
    const given = caching.hit({ id: 77, name: "EXAMPLE.Test" })!;
    expect(given).toMatchObject({
      source: Source.CACHE,
      rcode: 0,
      data: ["192.0.2.1"],
      ttls: [293, 193, 243],
    });
    expect(given.message).toMatchObject({ id: 77, flags: RESPONSE });
    expect(Buffer.from(given.message.questions[0]!.name).toString("latin1")).toBe("\x07EXAMPLE\x04Test\0");
  });

  it("is asked for anew when the lowest of its TTLs is over", () => {
    const caching = new Caching({ staleFor: 0 });
    caching.serve({}, { answers: [a(300)], authorities: [soa(20)] });
    caching.pass(19);
    expect(caching.hit()?.ttls).toEqual([281, 1]);
    caching.pass(1);
    expect(caching.hit()).toBeNull();
  });

  it("has OPT for those who sent it and for no others, with DO and extended errors as they came", () => {
    const caching = new Caching();
    const ede = { code: 15, data: Buffer.of(0, 17) };
    const answer = { answers: [a(300)], opt: { options: [ede, { code: 12, data: Buffer.alloc(300) }] } };
    caching.serve({}, answer);
    caching.serve({ opt: { dnssecOk: true } }, answer);
    expect(caching.hit()!.message.edns).toBeNull();
    expect(caching.hit({ opt: {} })).toMatchObject({ errors: [17], message: { edns: { flags: 0 } } });
    const signed = caching.hit({ opt: { dnssecOk: true } })!;
    expect(signed).toMatchObject({ errors: [17], message: { edns: { flags: 0x8000 } } });
    expect(signed.message.edns!.options).toHaveLength(1);
  });

  it("shows AD to those who asked for it (RFC 6840 section 5.8), and never AA", () => {
    const caching = new Caching();
    caching.serve({}, { flags: RESPONSE | Flag.AD | Flag.AA, answers: [a(300)] });
    expect(caching.hit()!.message.flags).toBe(RESPONSE);
    expect(caching.hit({ flags: Flag.RD | Flag.AD })!.message.flags).toBe(RESPONSE | Flag.AD);
  });

  it.each([
    [512, true],
    [700, false],
  ])("fits a client of %i bytes, or is truncated with OPT: %s", (udpSize, truncated) => {
    const caching = new Caching();
    caching.serve({}, { answers: Array.from({ length: 40 }, (_, i) => a(300, i)) });
    const { message } = caching.hit({ opt: { udpSize } })!;
    expect((message.flags & Flag.TC) !== 0).toBe(truncated);
    expect(message.answers).toHaveLength(truncated ? 0 : 40);
    expect(message.edns).not.toBeNull();
  });

  it("is another one for another type, class, DO or CD", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(300)] });
    expect(caching.hit({ type: 28 })).toBeNull();
    expect(caching.hit({ class: 4 })).toBeNull();
    expect(caching.hit({ opt: { dnssecOk: true } })).toBeNull();
    expect(caching.hit({ flags: Flag.RD | Flag.CD })).toBeNull();
    expect(caching.hit({ flags: Flag.RD | Flag.AD, opt: {} })).not.toBeNull();
  });

  it("of a client that did not want validation (CD) is for nobody else (RFC 4035 section 3.2.2)", () => {
    const caching = new Caching();
    caching.serve({ flags: Flag.RD | Flag.CD }, { flags: RESPONSE | Flag.CD, answers: [a(300, 66)] });
    expect(caching.hit()).toBeNull();
    expect(caching.hit({ flags: Flag.RD | Flag.CD })).toMatchObject({
      data: ["192.0.2.66"],
      message: { flags: RESPONSE | Flag.CD },
    });
  });

  it("has the TTLs that the first client got, bounded ones as well", () => {
    const caching = new Caching({ minTtl: 60, maxTtl: 100 });
    const { query } = caching.ask();
    caching.answer(query, { answers: [a(5)], additionals: [a(999)] });
    expect(caching.hit()!.ttls).toEqual([60, 100]);
    caching.pass(59);
    expect(caching.hit()!.ttls).toEqual([1, 41]);
    caching.pass(1);
    expect(caching.hit({ opt: {} })).toBeNull();
  });

  it("is found by a thread that shares the memory", () => {
    const one = new Caching();
    one.serve({}, { answers: [a(300)] });
    const other = new Caching({}, one.cache.memory);
    other.time = one.time + 5000;
    expect(other.hit()!.ttls).toEqual([295]);
  });

  it("is written for a client of TCP whole, and without a copy that waits", () => {
    const caching = new Caching();
    caching.serve({}, { answers: Array.from({ length: 200 }, (_, i) => a(300, i)) });
    const tcp = new KeepingDoor(false);
    const { query } = clientQuery({}, tcp);
    caching.stage.enter(query);
    expect(tcp.sent).toHaveLength(1);
    expect(tcp.kept).toHaveLength(0);
    expect(tcp.sent[0]!.reply).toHaveLength(30 + 200 * 16);
  });
});

describe("what is not kept", () => {
  it.each([
    ["TTL 0", {}, { answers: [a(0)] }],
    ["a truncated answer", {}, { flags: RESPONSE | Flag.TC, answers: [a(300)] }],
    ["REFUSED", {}, { flags: RESPONSE | 5 }],
    ["ANY", { type: 255 }, { answers: [a(300)] }],
    ["a referral", {}, { authorities: [rawRecord(wireName("test"), 2, wireName("ns.test"))] }],
    ["NXDOMAIN without SOA", {}, { flags: NXDOMAIN }],
  ])("%s", (_, query, answer) => {
    const caching = new Caching();
    caching.serve(query, answer);
    expect(caching.hit(query)).toBeNull();
  });

  it("what came by the bypass; nor is anything given while it is open", () => {
    const caching = new Caching();
    caching.serve({ name: "before.test" }, { answers: [a(300)] });
    caching.diverted = true;
    expect(caching.hit({ name: "before.test" })).toBeNull();
    const { query } = caching.ask({ name: "portal.test" });
    caching.diverted = false;
    // It was asked through the bypass, which was closed before the answer came.
    caching.answer(query, { answers: [a(300, 66)] });
    expect(caching.hit({ name: "portal.test" })).toBeNull();
    expect(caching.hit({ name: "before.test" })).not.toBeNull();
  });

  it("a failure of the bypass", () => {
    const caching = new Caching();
    caching.diverted = true;
    const { query } = caching.ask();
    caching.diverted = false;
    caching.silence(query);
    expect(caching.hit()).toBeNull();
  });
});

describe("what is not there", () => {
  it("holds for one type when there are no records of it (RFC 2308 section 5)", () => {
    const caching = new Caching();
    caching.serve({}, { authorities: [soa(600, 40)] });
    caching.pass(3);
    expect(caching.hit()).toMatchObject({ rcode: 0, data: [], ttls: [37] });
    expect(caching.hit({ type: 28 })).toBeNull();
  });

  it("holds for every type when there is no such name, but for DS, which its parent's server knows", () => {
    const caching = new Caching();
    caching.serve({}, { flags: NXDOMAIN, authorities: [soa(600, 40)] });
    caching.pass(3);
    expect(caching.hit({ type: 28 })).toMatchObject({ rcode: 3, data: [], ttls: [37] });
    expect(caching.hit({ type: 43 })).toBeNull();
    expect(caching.hit({ type: 28, opt: { dnssecOk: true } })).toBeNull();
    expect(caching.hit({ type: 28, flags: Flag.RD | Flag.CD })).toBeNull();
    expect(caching.hit({ name: "other.test" })).toBeNull();
  });

  it("as the target of an alias, holds for the type that was asked", () => {
    const caching = new Caching();
    const alias = rawRecord(pointer(12), 5, wireName("gone.test"), 300);
    caching.serve({}, { flags: NXDOMAIN, answers: [alias], authorities: [soa(600, 40)] });
    expect(caching.hit()).toMatchObject({ rcode: 3, ttls: [300, 40] });
    expect(caching.hit({ type: 28 })).toBeNull();
  });

  it("comes and goes with what is newer: an answer of the type itself is preferred", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(300)] });
    caching.serve({ type: 28 }, { flags: NXDOMAIN, authorities: [soa(600, 40)] });
    expect(caching.hit()).toMatchObject({ rcode: 0 });
    expect(caching.hit({ type: 16 })).toMatchObject({ rcode: 3 });
  });
});

describe("a name below one that does not exist (RFC 8020)", () => {
  const denial = { name: "gone.example.test", flags: NXDOMAIN, authorities: [soa(600)] };

  it("does not exist either, where that was validated", () => {
    const caching = new Caching();
    caching.serve({ name: "gone.example.test" }, { ...denial, flags: NXDOMAIN | Flag.AD });
    caching.pass(5);
    const given = caching.hit({ name: "a.b.GONE.example.test", type: 28, flags: Flag.RD | Flag.AD })!;
    expect(given).toMatchObject({ rcode: 3, ttls: [595], message: { flags: NXDOMAIN | Flag.AD } });
    expect(caching.hit({ name: "gone2.example.test" })).toBeNull();
    expect(caching.hit({ name: "xgone.example.test" })).toBeNull();
    expect(caching.hit({ name: "example.test" })).toBeNull();
  });

  it("is asked for where it was not validated: many deny names that others are below of", () => {
    const caching = new Caching();
    caching.serve({ name: "gone.example.test" }, denial);
    expect(caching.hit({ name: "a.gone.example.test" })).toBeNull();
  });

  it("is asked for when no more was said than that there are no such records (RFC 9824)", () => {
    const caching = new Caching();
    const flags = RESPONSE | Flag.AD;
    caching.serve({ name: "gone.example.test" }, { flags, authorities: [soa(600)] });
    expect(caching.hit({ name: "a.gone.example.test" })).toBeNull();
  });

  it("is asked for where it has servers of its own", () => {
    const caching = new Caching();
    caching.serve({ name: "gone.example.test" }, { ...denial, flags: NXDOMAIN | Flag.AD });
    caching.covered = () => true;
    expect(caching.hit({ name: "a.gone.example.test" })).toBeNull();
  });

  it("gets records whose names point into a question that is longer now", () => {
    const caching = new Caching();
    // The SOA of `example.test` (offset 17 of the shorter question), with names that point to it and to each other.
    const rdata = Buffer.concat([Buffer.of(2, 0x6e, 0x73), pointer(17), Buffer.of(1, 0x78), pointer(17)]);
    const whole = rawRecord(pointer(17), 6, Buffer.concat([rdata, Buffer.alloc(19), Buffer.of(60)]), 60);
    const ns = rawRecord(pointer(12 + 23 + 12), 2, pointer(12), 60);
    caching.serve({ name: "gone.example.test" }, { flags: NXDOMAIN | Flag.AD, authorities: [whole, ns] });
    const { message } = caching.hit({ name: "deep.below.gone.example.test" })!;
    const text = (name: Uint8Array): string => Buffer.from(name).toString("latin1");
    expect(text(message.authorities[0]!.name)).toBe("\x07example\x04test\0");
    expect(text(message.authorities[0]!.rdata.subarray(0, 33))).toBe(
      "\x02ns\x07example\x04test\0\x01x\x07example\x04test\0",
    );
    expect(text(message.authorities[1]!.name)).toBe("\x02ns\x07example\x04test\0");
    expect(text(message.authorities[1]!.rdata)).toBe("\x04gone\x07example\x04test\0");
  });
});

describe("an answer that is asked for often", () => {
  it("is fetched anew in the last tenth of its life, once", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(300)] });
    for (let i = 0; i < 3; i++) caching.hit();
    caching.pass(269);
    caching.hit();
    expect(caching.fetched).toHaveLength(0);
    caching.pass(1);
    for (let i = 0; i < 9; i++) expect(caching.hit()).toMatchObject({ source: Source.CACHE, ttls: [30] });
    expect(caching.fetched).toHaveLength(1);
    const [errand] = caching.fetched;
    expect(errand).toMatchObject({ type: 1, cacheable: true, settled: true });
    caching.answer(errand!, { answers: [a(300, 2)] });
    expect(caching.hit()).toMatchObject({ data: ["192.0.2.2"], ttls: [300] });
    expect(caching.door.sent).toHaveLength(3 + 1 + 9 + 1);
  });

  it("is fetched by one thread of all", () => {
    const one = new Caching();
    one.serve({}, { answers: [a(300)] });
    const other = new Caching({}, one.cache.memory);
    for (let i = 0; i < 3; i++) one.hit();
    one.pass(280);
    other.time = one.time;
    one.hit();
    other.hit();
    expect(one.fetched.length + other.fetched.length).toBe(1);
  });

  it("is tried again when that failed, no sooner than any question that failed, and the old one is given meanwhile", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(1000)] });
    for (let i = 0; i < 3; i++) caching.hit();
    caching.pass(901);
    const pauses: number[] = [];
    for (let i = 0; i < 5; i++) {
      const fetched = caching.fetched.length;
      let seconds = 0;
      for (; caching.fetched.length === fetched; caching.pass(1), seconds++) {
        for (const _ of [0, 1]) expect(caching.hit()).toMatchObject({ source: Source.CACHE, rcode: 0 });
      }
      pauses.push(seconds - 1);
      caching.answer(caching.fetched.at(-1)!, { flags: RESPONSE | 2 });
    }
    expect(pauses).toEqual([0, 1, 2, 4, 8]);
  });

  it("is fetched a second later when there was too much to do", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(300)] });
    for (let i = 0; i < 3; i++) caching.hit();
    caching.pass(280);
    caching.refusing = true;
    for (let i = 0; i < 3; i++) expect(caching.hit()).toMatchObject({ source: Source.CACHE });
    caching.refusing = false;
    caching.pass(1);
    caching.hit();
    expect(caching.fetched).toHaveLength(1);
  });

  it("is not fetched when nobody asks for it but now, nor when that is switched off", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(300)] });
    caching.pass(299);
    caching.hit();
    expect(caching.fetched).toHaveLength(0);
    const off = new Caching({ prefetch: false });
    off.serve({}, { answers: [a(300)] });
    for (let i = 0; i < 3; i++) off.hit();
    off.pass(299);
    expect(off.hit()).not.toBeNull();
    expect(off.fetched).toHaveLength(0);
  });

  it("is fetched with bytes of its own: those of the client are used again", () => {
    const caching = new Caching();
    caching.serve({}, { answers: [a(300)] });
    for (let i = 0; i < 3; i++) caching.hit();
    caching.pass(280);
    const { query } = caching.ask({ opt: { dnssecOk: false } });
    query.bytes.fill(0);
    expect(Buffer.from(caching.fetched[0]!.bytes.subarray(12, 26)).toString("latin1")).toBe(
      "\x07example\x04test\0",
    );
  });
});

it("uses a cache whose memory another process has filled as its own", () => {
  const caching = new Caching();
  caching.serve({}, { answers: [a(300)] });
  const copy = new SharedArrayBuffer(caching.cache.memory.byteLength);
  new Uint8Array(copy).set(new Uint8Array(caching.cache.memory));
  expect(new Caching({}, copy).hit()).not.toBeNull();
  expect(new AnswerCache(copy).usage().positives).toBe(1);
});
