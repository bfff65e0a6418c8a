import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Target } from "../../src/upstream/dial.ts";
import { ticketKey } from "../../src/upstream/dial.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { describeWith } from "../support/needs.ts";
import { nsd } from "./nsd.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { dialOnce, said, targetOf } from "./dialing.ts";

const DAY = 86_400_000;
const bytes = (text: string): Buffer => Buffer.from(text);

describe("a ticket", () => {
  test("is given out once, the newest first, and the last one until a newer comes", () => {
    const store = new TicketStore();
    store.put("k", bytes("1"), 0);
    store.put("k", bytes("2"), 1);
    const take = (): string | undefined => store.take("k", 2)?.session.toString();
    expect([take(), take(), take(), take()]).toEqual(["2", "1", "1", "1"]);
    store.put("k", bytes("3"), 2);
    expect(take()).toBe("3");
  });

  test("is worth nothing after a day, the last one neither", () => {
    const store = new TicketStore();
    store.put("k", bytes("old"), 0);
    store.put("k", bytes("new"), DAY);
    expect(store.take("k", DAY)?.session.toString()).toBe("new");
    expect(store.take("k", DAY)?.session.toString()).toBe("old");
    expect(store.take("k", DAY + 1)).toBeUndefined();
  });

  test("does not become younger by being resumed", () => {
    const store = new TicketStore();
    store.put("k", bytes("first"), 0);
    store.put("k", bytes("other"), DAY / 2);
    const { since } = store.take("k", DAY)!;
    expect(store.take("k", DAY)!.since).toBe(0);
    store.put("k", bytes("resumed"), since);
    expect(store.take("k", 1.5 * DAY)?.session.toString()).toBe("resumed");
    expect(store.take("k", 1.5 * DAY + 1)).toBeUndefined();
  });

  test("is one of four: older ones make room", () => {
    const store = new TicketStore();
    for (let at = 0; at < 9; at++) store.put("k", bytes(String(at)), at);
    expect([1, 2, 3, 4, 5].map(() => store.take("k", 9)?.session.toString())).toEqual([
      "8",
      "7",
      "6",
      "5",
      "5",
    ]);
  });

  test("is found under its own key only, and forgotten under it", () => {
    const store = new TicketStore();
    store.put("a", bytes("a"), 0);
    store.put("b", bytes("b"), 0);
    store.forget("a");
    expect(["a", "b", "c"].map((key) => store.take(key, 0)?.session.toString())).toEqual([
      undefined,
      "b",
      undefined,
    ]);
  });
});

describe("the key", () => {
  const anchors = [new TrustAnchors("one"), new TrustAnchors("two"), new TrustAnchors(null)];
  // Few values, so that two targets are often the same, and texts that look like parts of a key.
  const text = fc.constantFrom("a", "b", '"', '","', "[]", "null", "a,b", "\\");
  const texts = fc.array(text, { maxLength: 3 });
  const version = fc.constantFrom("TLSv1.2" as const, "TLSv1.3" as const);
  const or = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value);
  const targets = fc.record(
    {
      address: text,
      port: fc.constantFrom(853, 8853),
      name: or(text),
      pins: texts,
      certHashes: texts,
      verify: fc.constantFrom("strict", "pin", "opportunistic", "none"),
      anchors: fc.constantFrom(...anchors),
      minVersion: version,
      maxVersion: version,
      ciphers: or(text),
      groups: or(text),
      sni: fc.boolean(),
    } satisfies { [Key in keyof Target]?: fc.Arbitrary<Target[Key]> },
    { requiredKeys: ["address", "port", "name", "pins", "anchors", "minVersion"] },
  );
  const dials = fc.tuple(targets, fc.constantFrom("dot" as const, "h2" as const), or(text));
  type Dial = readonly [Target, "dot" | "h2", string | null];

  /** All that is checked, with what stands for what is left away; the order of pins and hashes means nothing. */
  const checked = ([target, protocol, client]: Dial): unknown => ({
    verify: "strict",
    maxVersion: null,
    ciphers: null,
    groups: null,
    sni: true,
    ...target,
    pins: target.pins.toSorted(),
    certHashes: target.certHashes?.toSorted() ?? [],
    anchors: target.anchors.id,
    protocol,
    client,
  });

  const sameKey = (one: Dial, other: Dial): boolean => ticketKey(...one) === ticketKey(...other);

  test("is the same if all that is checked in a full handshake is the same, and only then", () => {
    fc.assert(
      fc.property(dials, dials, (one, other) => {
        expect(sameKey(one, other)).toBe(isDeepStrictEqual(checked(one), checked(other)));
      }),
      { numRuns: 2000 },
    );
  });

  test("is another one when any one thing is another", () => {
    fc.assert(
      fc.property(dials, dials, (one, other) => {
        const [target, protocol, client] = one;
        expect(sameKey(one, [target, protocol === "dot" ? "h2" : "dot", client])).toBe(false);
        expect(sameKey(one, [target, protocol, `${client ?? ""}x`])).toBe(false);
        for (const [name, value] of Object.entries(other[0])) {
          const changed: Dial = [{ ...target, [name]: value }, protocol, client];
          expect(sameKey(one, changed)).toBe(isDeepStrictEqual(checked(one), checked(changed)));
        }
      }),
    );
  });

  test("does not care for the order of pins, nor which object holds the anchors", () => {
    const target: Target = {
      address: "::1",
      port: 853,
      name: "a",
      pins: ["p", "q"],
      anchors: new TrustAnchors("one"),
      minVersion: "TLSv1.2",
    };
    const same = { ...target, pins: ["q", "p"], anchors: new TrustAnchors("one") };
    expect(ticketKey(same)).toBe(ticketKey(target));
  });
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)("sessions of %s", (version) => {
  const only = { minVersion: version, maxVersion: version };
  /** Tickets of TLS 1.3 come after the handshake. */
  const waitForTicket = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

  test("are resumed by the same target, and by no other", async () => {
    const upstream = await start(only);
    const store = new TicketStore();
    const right = targetOf(upstream, { pins: [upstream.pin] });
    expect(said(await dialOnce(right, store))).toBe("open");
    await waitForTicket();
    for (const change of [
      { name: "elsewhere.test" },
      { pins: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] },
      { anchors: new TrustAnchors("") },
    ]) {
      expect(said(await dialOnce({ ...right, ...change }, store))).toMatch(/^(name|pin|untrusted): /);
    }
    expect(upstream.counters.resumed).toBe(0);
    const again = await dialOnce(right, store);
    expect(again).toMatchObject({ resumed: true });
    await until(() => upstream.counters.resumed === 1);
  });

  test("are not kept from a server that was refused", async () => {
    const upstream = await start(only);
    const store = new TicketStore();
    const wrong = targetOf(upstream, { name: "elsewhere.test" });
    for (let at = 0; at < 3; at++) {
      expect(said(await dialOnce(wrong, store))).toMatch(/^name: /);
      await waitForTicket();
    }
    expect(upstream.counters.resumed).toBe(0);
    expect(store.take(ticketKey(wrong), performance.now())).toBeUndefined();
  });

  test("that the server does not know any more lead to a full handshake", async () => {
    const upstream = await start(only);
    const store = new TicketStore();
    expect(said(await dialOnce(targetOf(upstream), store))).toBe("open");
    await waitForTicket();
    upstream.set({ ticketKeys: Buffer.alloc(48, 7) });
    expect(await dialOnce(targetOf(upstream), store)).toMatchObject({ resumed: false });
  });

  test("are forgotten when a handshake with one comes to nothing", async () => {
    const upstream = await start(only);
    const store = new TicketStore();
    expect(said(await dialOnce(targetOf(upstream), store))).toBe("open");
    await waitForTicket();
    upstream.set({ handshake: "close" });
    expect(said(await dialOnce(targetOf(upstream), store))).toMatch(/^tls: /);
    upstream.set({ handshake: "serve" });
    await until(() => upstream.counters.connections === 2);
    expect(await dialOnce(targetOf(upstream), store)).toMatchObject({ resumed: false });
  });
});

describeWith(["nsd", "openssl"], "a server that gives tickets with each handshake, resumed or not", () => {
  test("(NSD): the age of the full handshake is handed on", async () => {
    const { target } = await nsd();
    const puts: number[] = [];
    class Watched extends TicketStore {
      override put(key: string, session: Buffer, since: number): void {
        puts.push(since);
        super.put(key, session, since);
      }
    }
    const store = new Watched();
    const resumed: boolean[] = [];
    const counts: number[] = [];
    for (let at = 0; at < 4; at++) {
      const dialed = await dialOnce(target, store);
      resumed.push("socket" in dialed && dialed.resumed);
      await new Promise((resolve) => setTimeout(resolve, 50));
      counts.push(puts.length);
    }
    expect(resumed).toEqual([false, true, true, true]);
    // Each handshake brought at least one.
    expect(new Set(counts).size).toBe(4);
    expect(new Set(puts).size).toBe(1);
  });
});
