import { describe, expect, it } from "vitest";
import { type AnswerCache, EVERY_TYPE, Found } from "../../src/cache/answer-cache.ts";
import { Stored } from "../../src/cache/cache-writer.ts";
import { Kind } from "../../src/cache/kind.ts";
import type { Question } from "../../src/cache/key.ts";
import { readU32 } from "../../src/dns/header.ts";
import { Rcode } from "../../src/dns/rcode.ts";
import { pointer, rawOpt, rawRecord, wireName } from "../support/raw-query.ts";
import { addressReply, ownCache, question, recordsOf, reply, terms } from "../support/stored-answers.ts";

const NAME = "www.example.test";

function put(cache: AnswerCache, asked: Question, address: number, change = {}): void {
  const name = nameOf(asked);
  expect(cache.store(asked, addressReply(name, address), terms({ type: asked.type, ...change }))).toBe(
    Stored.YES,
  );
}

function nameOf({ bytes, nameLength }: Question): string {
  const labels: string[] = [];
  for (let at = 12; at < 12 + nameLength - 1; at += bytes[at]! + 1) {
    labels.push(Buffer.from(bytes.subarray(at + 1, at + 1 + bytes[at]!)).toString("latin1"));
  }
  return labels.join(".");
}

function addressIn(cache: AnswerCache): number {
  return recordsOf(cache)!.readUInt32BE(12);
}

describe("AnswerCache", () => {
  it("misses what was never stored", () => {
    const { cache } = ownCache();
    expect(cache.find(question(NAME))).toBe(Found.MISS);
  });

  it("gives back flags, counts and records as the server sent them, without OPT", () => {
    const { cache } = ownCache();
    const records = [
      rawRecord(pointer(12), 5, wireName("a.test"), 60),
      rawRecord(wireName("a.test"), 1, Buffer.of(1, 2, 3, 4), 40),
    ];
    const glue = rawRecord(wireName("ns.test"), 1, Buffer.of(5, 6, 7, 8), 50);
    const authority = rawRecord(wireName("test"), 2, wireName("ns.test"), 70);
    const view = reply({
      flags: 0x8583 & ~15,
      name: NAME,
      answers: records,
      authorities: [authority],
      additionals: [glue],
      opt: { options: [] },
    });
    cache.store(question(NAME), view, terms());
    expect(cache.find(question(NAME))).toBe(Found.FRESH);
    expect(cache).toMatchObject({
      flags: 0x8580,
      rcode: 0,
      answers: 2,
      authorities: 1,
      additionals: 1,
      kind: Kind.POSITIVE,
    });
    expect(cache).toMatchObject({ age: 0, lifetime: 300, left: 300, errorsLength: 0 });
    expect(recordsOf(cache)).toEqual(Buffer.concat([...records, authority, glue]));
  });

  it("finds a name in whatever case it is asked", () => {
    const { cache } = ownCache();
    put(cache, question("WWW.eXample.Test"), 7);
    for (const name of ["www.example.test", "WWW.EXAMPLE.TEST", "wWw.example.tesT"]) {
      expect(cache.find(question(name))).toBe(Found.FRESH);
      expect(addressIn(cache)).toBe(7);
    }
  });

  it("keeps answers apart by type, class, DO and CD", () => {
    const { cache } = ownCache();
    const questions = [
      question(NAME),
      question(NAME, { type: 28 }),
      question(NAME, { class: 3 }),
      question(NAME, { dnssecOk: true }),
      question(NAME, { checkingDisabled: true }),
      question(NAME, { dnssecOk: true, checkingDisabled: true }),
      question(`x${NAME}`),
    ];
    for (const [i, asked] of questions.entries()) {
      expect(cache.find(asked)).toBe(Found.MISS);
      put(cache, asked, i);
    }
    for (const [i, asked] of questions.entries()) {
      expect(cache.find(asked)).toBe(Found.FRESH);
      expect(addressIn(cache)).toBe(i);
    }
  });

  it("tells bytes apart that differ only where letters have their case", () => {
    const { cache } = ownCache();
    put(cache, question("a[b.test"), 1);
    expect(cache.find(question("a{b.test"))).toBe(Found.MISS);
  });

  it("ages every TTL by the seconds that have passed, and none below 0", () => {
    const { cache, time } = ownCache();
    const answers = [10, 100, 300].map((ttl) => rawRecord(pointer(12), 1, Buffer.of(1, 1, 1, 1), ttl));
    cache.store(question(NAME), reply({ name: NAME, answers }), terms());
    time.pass(60);
    cache.tick();
    expect(cache.find(question(NAME))).toBe(Found.FRESH);
    expect(cache).toMatchObject({ age: 60, left: 240 });
    const out = recordsOf(cache)!;
    expect([6, 22, 38].map((at) => readU32(out, at))).toEqual([0, 40, 240]);
  });

  it("calls an answer stale at the end of its lifetime, and has forgotten it when that is over, too", () => {
    const { cache, time } = ownCache();
    put(cache, question(NAME), 7, { lifetime: 20, stale: 30 });
    const looks: [number, number][] = [
      [19, Found.FRESH],
      [1, Found.STALE],
      [29, Found.STALE],
      [1, Found.MISS],
    ];
    for (const [seconds, found] of looks) {
      time.pass(seconds);
      cache.tick();
      expect(cache.find(question(NAME))).toBe(found);
    }
  });

  it("writes one TTL for all records where that is asked for", () => {
    const { cache } = ownCache();
    const answers = [10, 100].map((ttl) => rawRecord(pointer(12), 1, Buffer.of(1, 1, 1, 1), ttl));
    cache.store(question(NAME), reply({ name: NAME, answers }), terms());
    cache.find(question(NAME));
    const out = recordsOf(cache, 30)!;
    expect([6, 22].map((at) => readU32(out, at))).toEqual([30, 30]);
  });

  it("stores an answer in place of the one before", () => {
    const { cache } = ownCache();
    for (let i = 0; i < 5; i++) put(cache, question(NAME), i);
    expect(cache.usage().positives).toBe(1);
    cache.find(question(NAME));
    expect(addressIn(cache)).toBe(4);
  });

  it("keeps what holds for every type beside what is of one type", () => {
    const { cache } = ownCache();
    put(cache, question(NAME), 9, { type: EVERY_TYPE, kind: Kind.NXDOMAIN });
    expect(cache.find(question(NAME))).toBe(Found.MISS);
    expect(cache.find(question(NAME, { type: 28 }), EVERY_TYPE)).toBe(Found.FRESH);
    expect(cache.kind).toBe(Kind.NXDOMAIN);
    expect(cache.usage()).toMatchObject({ positives: 0, negatives: 1, failures: 0 });
  });

  it("keeps extended errors and the high bits of the rcode, whatever else is in OPT", () => {
    const { cache } = ownCache();
    const error = Buffer.from([0, 15, 0, 4, 0, 6, 0x68, 0x69]);
    const opt = rawOpt({
      options: [
        { code: 12, data: Buffer.alloc(9) },
        { code: 15, data: error.subarray(4) },
      ],
    });
    // The high bits of the rcode stand where a record has the first byte of its TTL.
    opt[5] = 1;
    const view = reply({ name: NAME, additionals: [opt] });
    cache.store(question(NAME), view, terms());
    cache.find(question(NAME));
    expect(cache).toMatchObject({ rcode: 16, additionals: 0, errorsLength: error.length, recordsLength: 0 });
    const out = Buffer.alloc(error.length + 2);
    expect(cache.copyErrors(out, 1)).toBe(true);
    expect(out.subarray(1, -1)).toEqual(error);
  });

  it("cuts OPT out where it stands before other records", () => {
    const { cache } = ownCache();
    const record = rawRecord(wireName("x.test"), 1, Buffer.of(9, 9, 9, 9), 77);
    cache.store(question(NAME), reply({ name: NAME, additionals: [rawOpt(), record] }), terms());
    cache.find(question(NAME));
    expect(cache).toMatchObject({ additionals: 1, recordsLength: record.length });
    expect(recordsOf(cache)).toEqual(record);
  });

  it("refuses an answer to another question", () => {
    const { cache } = ownCache();
    expect(cache.store(question(NAME), addressReply("longer.example.test", 1), terms())).toBe(Stored.UNFIT);
    expect(cache.find(question(NAME))).toBe(Found.MISS);
  });

  it("takes names and answers of all sizes", () => {
    const { cache } = ownCache();
    const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
    for (const name of ["", "a", "ab", "abc", "abcd", longest]) {
      for (const size of [0, 1, 2, 3, 95, 96, 97, 1000, 65_535 - 16 - 255 - 12]) {
        const record = rawRecord(pointer(12), 99, Buffer.alloc(size, size), 9);
        expect(cache.store(question(name), reply({ name, answers: [record] }), terms())).toBe(Stored.YES);
        expect(cache.find(question(name))).toBe(Found.FRESH);
        expect(recordsOf(cache)).toEqual(record);
      }
    }
  });

  it("takes as many records as a message can have", () => {
    const { cache } = ownCache();
    const answers = Array.from({ length: 5956 }, () => rawRecord(Buffer.of(0), 99, Buffer.alloc(0), 500));
    expect(cache.store(question(""), reply({ name: "", answers }), terms())).toBe(Stored.YES);
    cache.find(question(""));
    expect(recordsOf(cache, 3)).toEqual(
      Buffer.concat(answers.map(() => rawRecord(Buffer.of(0), 99, Buffer.alloc(0), 3))),
    );
  });

  it("keeps a failure beside the answer, and ends it with the next answer", () => {
    const { cache, time } = ownCache();
    const error = Buffer.from([0, 15, 0, 2, 0, 22]);
    put(cache, question(NAME), 5, { lifetime: 1, stale: 1000 });
    time.pass(2);
    cache.tick();
    expect(cache.findFailure(question(NAME))).toBe(Found.MISS);
    expect(cache.storeFailure(question(NAME), Rcode.SERVFAIL, error, 4, 8)).toBe(Stored.YES);
    expect(cache.findFailure(question(NAME))).toBe(Found.FRESH);
    expect(cache).toMatchObject({ rcode: Rcode.SERVFAIL, kind: Kind.FAILURE, errorsLength: 6, lifetime: 4 });
    expect(cache.find(question(NAME))).toBe(Found.STALE);
    expect(addressIn(cache)).toBe(5);
    time.pass(5);
    cache.tick();
    expect(cache.findFailure(question(NAME))).toBe(Found.STALE);
    put(cache, question(NAME), 6);
    expect(cache.findFailure(question(NAME))).toBe(Found.MISS);
    expect(cache.usage().failures).toBe(0);
  });

  it("forgets failures of before, not those of later", () => {
    const { cache, time } = ownCache();
    cache.storeFailure(question(NAME), Rcode.SERVFAIL, Buffer.alloc(0), 300, 0);
    cache.forgetFailures();
    expect(cache.findFailure(question(NAME))).toBe(Found.MISS);
    time.pass(1);
    cache.tick();
    cache.storeFailure(question(NAME), Rcode.SERVFAIL, Buffer.alloc(0), 300, 0);
    expect(cache.findFailure(question(NAME))).toBe(Found.FRESH);
  });

  it("counts how often an answer was found, up to 15, and from 0 when it is stored anew", () => {
    const { cache } = ownCache();
    put(cache, question(NAME), 1);
    const hits = Array.from({ length: 20 }, () => {
      cache.find(question(NAME));
      return cache.hits;
    });
    expect(hits).toEqual(Array.from({ length: 20 }, (_, i) => Math.min(i, 15)));
    put(cache, question(NAME), 2);
    cache.find(question(NAME));
    expect(cache.hits).toBe(0);
  });

  it("lets one caller claim a refresh, until it is stored or the time is over", () => {
    const { cache, time } = ownCache();
    put(cache, question(NAME), 1);
    const claim = (): boolean => {
      cache.tick();
      cache.find(question(NAME));
      return cache.claim(30);
    };
    expect([claim(), claim()]).toEqual([true, false]);
    time.pass(29);
    expect(claim()).toBe(false);
    time.pass(1);
    expect([claim(), claim()]).toEqual([true, false]);
    put(cache, question(NAME), 2);
    expect([claim(), claim()]).toEqual([true, false]);
  });
});
