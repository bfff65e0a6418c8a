import { describe, expect, test } from "vitest";
import type { Target } from "../../src/upstream/dial.ts";
import { ticketKey } from "../../src/upstream/dial.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { dialOnce, said, targetOf } from "./dialing.ts";

const DAY = 86_400_000;
const bytes = (text: string): Buffer => Buffer.from(text);

describe("a ticket", () => {
  test("is given out once, the newest first, and the last one until a newer comes", () => {
    const store = new TicketStore();
    store.put("k", bytes("1"), 0);
    store.put("k", bytes("2"), 1);
    const take = (): string | undefined => store.take("k", 2)?.toString();
    expect([take(), take(), take(), take()]).toEqual(["2", "1", "1", "1"]);
    store.put("k", bytes("3"), 2);
    expect(take()).toBe("3");
  });

  test("is worth nothing after a day, the last one neither", () => {
    const store = new TicketStore();
    store.put("k", bytes("old"), 0);
    store.put("k", bytes("new"), DAY);
    expect(store.take("k", DAY)?.toString()).toBe("new");
    expect(store.take("k", DAY)?.toString()).toBe("old");
    expect(store.take("k", DAY + 1)).toBeUndefined();
  });

  test("is one of four: older ones make room", () => {
    const store = new TicketStore();
    for (let at = 0; at < 9; at++) store.put("k", bytes(String(at)), at);
    expect([1, 2, 3, 4, 5].map(() => store.take("k", 9)?.toString())).toEqual(["8", "7", "6", "5", "5"]);
  });

  test("is found under its own key only, and forgotten under it", () => {
    const store = new TicketStore();
    store.put("a", bytes("a"), 0);
    store.put("b", bytes("b"), 0);
    store.forget("a");
    expect(["a", "b", "c"].map((key) => store.take(key, 0)?.toString())).toEqual([undefined, "b", undefined]);
  });
});

test("the key holds all that a full handshake checks", () => {
  const anchors = new TrustAnchors("one");
  const target: Target = {
    address: "::1",
    port: 853,
    name: "a",
    pins: ["p", "q"],
    anchors,
    minVersion: "TLSv1.2",
  };
  const others: Partial<Target>[] = [
    { address: "::2" },
    { port: 854 },
    { name: "b" },
    { name: null },
    { pins: ["p"] },
    { pins: [] },
    { anchors: new TrustAnchors("two") },
    { anchors: new TrustAnchors(null) },
    { minVersion: "TLSv1.3" },
  ];
  const keys = [{}, ...others].map((change) => ticketKey({ ...target, ...change }));
  expect(new Set(keys).size).toBe(keys.length);
  expect(ticketKey({ ...target, pins: ["q", "p"], anchors: new TrustAnchors("one") })).toBe(keys[0]);
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
