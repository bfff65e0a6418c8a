import { describe, expect, it, vi } from "vitest";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { Source, Transport } from "../../src/observe/outcome.ts";
import { outcomeOf } from "./outcomes.ts";

const clocks = { wall: () => Date.UTC(2026, 10, 21, 14, 0, 0), monotonic: () => 5000 };

describe("HistoryRing", () => {
  it("gives back every field of a forwarded query", () => {
    const ring = new HistoryRing(4, clocks);
    ring.ended(
      outcomeOf("wWw.Example.com.", {
        receivedAt: 4999.25,
        duration: 12.3456,
        transport: Transport.TCP,
        clientAddress: "fe80::1%eth0",
        clientPort: 65_535,
        type: 65,
        class: 3,
        querySize: 65_535,
        rcode: 3,
        replySize: 1232,
        replyFlags: 0x85a0,
        dnssecOk: true,
        udpSize: 4096,
        waitUs: 250,
        connectUs: 5000,
        tlsUs: 6001,
        sendUs: 0,
        answerUs: 1_094_000,
      }),
    );
    expect(ring.entry(0)).toEqual({
      v: 1,
      time: "2026-11-21T13:59:59.999Z",
      client: "fe80::1%eth0",
      port: 65_535,
      transport: "tcp",
      name: "wWw.Example.com.",
      type: "HTTPS",
      class: "CH",
      rcode: "NXDOMAIN",
      ms: 12.346,
      source: "upstream",
      server: "tls://192.0.2.1#dns.example",
      bytes: 1232,
      querySize: 65_535,
      error: null,
      id: 0,
      flags: "qr aa rd ra ad",
      dnssec: true,
      udpSize: 4096,
      times: { wait: 0.25, connect: 5, tls: 6.001, send: 0, answer: 1094 },
    });
  });

  it("says null where there is no question, no answer, no server", () => {
    const ring = new HistoryRing(4, clocks);
    ring.ended(
      outcomeOf(null, { rcode: -1, server: null, replySize: 0, error: "the question cannot be read" }),
    );
    expect(ring.entry(0)).toMatchObject({
      transport: "udp",
      name: null,
      type: null,
      class: null,
      rcode: null,
      source: null,
      server: null,
      bytes: 0,
      error: "the question cannot be read",
    });
  });

  it.each([
    [Source.LOCAL, "local"],
    [Source.UPSTREAM, "upstream"],
    [Source.CACHE, "cache"],
    [Source.STALE, "stale"],
  ])("says where an answer came from: %i is %s, over UDP and TCP", (source, word) => {
    const ring = new HistoryRing(4, clocks);
    ring.ended(outcomeOf("a.", { source, server: null }));
    ring.ended(outcomeOf("a.", { source, server: null, transport: Transport.TCP }));
    expect(ring.entry(0)).toMatchObject({ source: word, transport: "udp" });
    expect(ring.entry(1)).toMatchObject({ source: word, transport: "tcp" });
  });

  it("keeps extended response codes, unknown types and classes, the root and the longest name", () => {
    const ring = new HistoryRing(4, clocks);
    const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}.`;
    ring.ended(outcomeOf(longest, { rcode: 23 }));
    ring.ended(outcomeOf(".", { type: 65_280, class: 4096, rcode: 4095 }));
    ring.ended(outcomeOf(String.raw`a\.b\000.example.`));
    expect(ring.entry(0)).toMatchObject({ name: longest, rcode: "BADCOOKIE" });
    expect(ring.entry(1)).toMatchObject({
      name: ".",
      type: "TYPE65280",
      class: "CLASS4096",
      rcode: "RESERVED4095",
    });
    expect(ring.entry(2)).toMatchObject({ name: String.raw`a\.b\000.example.` });
  });

  it("copies what it keeps: the packet path uses its bytes again", () => {
    const ring = new HistoryRing(4, clocks);
    const outcome = outcomeOf("example.com.");
    ring.ended(outcome);
    outcome.bytes.fill(0xff);
    expect(ring.entry(0)?.name).toBe("example.com.");
  });

  it("forgets the oldest, and nothing of an old row shines through a new one", () => {
    const ring = new HistoryRing(3, clocks);
    ring.ended(outcomeOf("a-rather-long-name.example.", { error: "timeout", server: null }));
    for (const name of ["b.", "c.", "d."]) ring.ended(outcomeOf(name));
    expect([ring.oldest, ring.recorded]).toEqual([1, 4]);
    expect([0, 1, 2, 3, 4].map((sequence) => ring.entry(sequence)?.name)).toEqual([
      undefined,
      "b.",
      "c.",
      "d.",
      undefined,
    ]);
    expect(ring.entry(3)?.error).toBeNull();
  });

  it("reads the wall clock once a second, and sees that it was set", () => {
    const wall = vi.fn(() => 1_000_000);
    let now = 0;
    const ring = new HistoryRing(10, { wall, monotonic: () => now });
    const record = (): string => {
      ring.ended(outcomeOf("a.", { receivedAt: now }));
      return ring.entry(ring.recorded - 1)!.time;
    };
    expect(record()).toBe(new Date(1_000_000).toISOString());
    now = 999;
    wall.mockReturnValue(9_000_000);
    expect(record()).toBe(new Date(1_000_999).toISOString());
    expect(wall).toHaveBeenCalledTimes(1);
    now = 1000;
    expect(record()).toBe(new Date(9_000_000).toISOString());
  });

  it("records nothing when it has no rows", () => {
    const ring = new HistoryRing(0, clocks);
    ring.ended(outcomeOf("a."));
    expect([ring.recorded, ring.oldest, ring.entry(0), ring.cursor().next()]).toEqual([
      0,
      0,
      undefined,
      undefined,
    ]);
  });

  it("wakes its one reader each time a quarter is new", () => {
    const ring = new HistoryRing(8, clocks);
    const wake = vi.fn<() => void>();
    ring.ended(outcomeOf("a."));
    ring.wakeEachQuarter(wake);
    for (let i = 0; i < 5; i++) ring.ended(outcomeOf("a."));
    expect(wake).toHaveBeenCalledTimes(3);
    ring.wakeEachQuarter(null);
    for (let i = 0; i < 5; i++) ring.ended(outcomeOf("a."));
    expect(wake).toHaveBeenCalledTimes(3);
  });
});

describe("HistoryCursor", () => {
  it("gives what is new, once", () => {
    const ring = new HistoryRing(8, clocks);
    ring.ended(outcomeOf("old."));
    const cursor = ring.cursor();
    expect(cursor.next()).toBeUndefined();
    ring.ended(outcomeOf("new."));
    expect(cursor.waiting).toBe(1);
    expect(cursor.next()?.name).toBe("new.");
    expect(cursor.next()).toBeUndefined();
    expect([cursor.waiting, cursor.takeLost()]).toEqual([0, 0]);
  });

  it("can start at the oldest", () => {
    const ring = new HistoryRing(8, clocks);
    ring.ended(outcomeOf("old."));
    expect(ring.cursor(ring.oldest).next()?.name).toBe("old.");
  });

  it("counts what was overwritten before it came by, and goes on with the oldest that is left", () => {
    const ring = new HistoryRing(4, clocks);
    const cursor = ring.cursor();
    for (let i = 0; i < 10; i++) ring.ended(outcomeOf(`n${i}.`));
    expect(cursor.waiting).toBe(4);
    expect(cursor.next()?.name).toBe("n6.");
    expect(cursor.takeLost()).toBe(6);
    ring.ended(outcomeOf("n10."));
    ring.ended(outcomeOf("n11."));
    expect(cursor.next()?.name).toBe("n8.");
    expect(cursor.takeLost()).toBe(1);
    expect(cursor.takeLost()).toBe(0);
    expect(cursor.at).toBe(9);
  });
});
