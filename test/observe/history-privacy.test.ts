import * as fc from "fast-check";
import { isIP } from "node:net";
import { describe, expect, it } from "vitest";
import { parseName } from "../../src/dns/name.ts";
import { HistoryPrivacy, groupsOf, type Privacy } from "../../src/observe/history-privacy.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "./outcomes.ts";

describe("the clients that are kept", () => {
  it.each([
    ["full", "192.0.2.77", "192.0.2.77"],
    ["mask-clients", "192.0.2.77", "192.0.2.0/24"],
    ["mask-clients", "2001:db8:1:abcd:2:3:4:5", "2001:db8:1:ab00::/56"],
    ["mask-clients", "2001:db8::1", "2001:db8::/56"],
    ["mask-clients", "2001:db8:0:1::7", "2001:db8::/56"],
    ["mask-clients", "2001:0:0:ff00::7", "2001:0:0:ff00::/56"],
    ["mask-clients", "::1", "::/56"],
    ["mask-clients", "fe80::1%eth0", "fe80::/56"],
    ["hide-clients", "192.0.2.77", ""],
    ["counters-only", "192.0.2.77", ""],
  ] satisfies [Privacy, string, string][])("%s: of %s %j", (privacy, address, kept) => {
    expect(new HistoryPrivacy(privacy).client(address)).toBe(kept);
  });

  it("are networks that are addresses, which say nothing of the bits behind them", () => {
    const privacy = new HistoryPrivacy("mask-clients");
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        const [address = "", length] = privacy.client(one).split("/");
        expect([isIP(address), length]).toEqual([6, "56"]);
        const groups = groupsOf(one);
        expect(groupsOf(address)).toEqual([groups[0], groups[1], groups[2], groups[3]! & 0xff00, 0, 0, 0, 0]);
        const same = [
          ...groups.slice(0, 3),
          (groups[3]! & 0xff00) | (groupsOf(other)[3]! & 0xff),
          ...groupsOf(other).slice(4),
        ];
        expect(privacy.client(same.map((group) => group.toString(16)).join(":"))).toBe(`${address}/56`);
      }),
    );
  });

  it("do not make it grow when there are very many of them", () => {
    const privacy = new HistoryPrivacy("mask-clients");
    for (let i = 0; i < 10_000; i++)
      expect(privacy.client(`10.0.${i >> 8}.${i & 255}`)).toBe(`10.0.${i >> 8}.0/24`);
  });
});

describe("the names that are ignored", () => {
  const ignored = (name: string | null, ...list: string[]): boolean => {
    const names = list.map((one) => ({
      name: parseName(one.replace(/^\*\./, "")),
      below: one.startsWith("*."),
    }));
    return !new HistoryPrivacy("full", names).keeps(outcomeOf(name));
  };

  it.each([
    ["corp.example.", ["corp.example."], true],
    ["www.CORP.example.", ["corp.Example."], true],
    ["xcorp.example.", ["corp.example."], false],
    ["example.", ["corp.example."], false],
    ["corp.example.", ["*.corp.example."], false],
    ["a.b.corp.example.", ["*.corp.example."], true],
    ["www.example.net.", ["corp.example.", "example.net.", "lan."], true],
    ["anything.", ["."], true],
    [".", ["."], true],
    // A label whose bytes look like the labels of the name.
    ["a\\004corp\\007example.", ["corp.example."], false],
    [null, ["corp.example."], false],
  ])("%s with %j: %s", (name, list, expected) => {
    expect(ignored(name, ...list)).toBe(expected);
  });
});

describe("a ring", () => {
  const record = (privacy: HistoryPrivacy, shared: boolean): HistoryRing => {
    const place = shared ? { memory: HistoryRing.memory(10, 1), writers: 1, writer: 0 } : null;
    const ring = new HistoryRing(10, undefined, place, privacy);
    ring.ended(outcomeOf("one.example.", { clientAddress: "192.0.2.77", clientPort: 4321 }));
    ring.ended(outcomeOf("two.lan.", { clientAddress: "192.0.2.78" }));
    return ring;
  };

  it.each([false, true])(
    "holds nothing of what is not to be kept, not even in its memory (shared: %s)",
    (shared) => {
      const lan = [{ name: parseName("lan."), below: false }];
      const ring = record(new HistoryPrivacy("mask-clients", lan), shared);
      expect(ring.recorded).toBe(1);
      expect(ring.entry(0)).toMatchObject({ client: "192.0.2.0/24", port: null, name: "one.example." });
      const hidden = record(new HistoryPrivacy("hide-clients"), shared);
      expect(hidden.entry(0)).toMatchObject({ client: null, port: null, name: "one.example." });
      expect(record(new HistoryPrivacy("counters-only"), shared).recorded).toBe(0);
    },
  );

  it("has neither address nor port of a client in the memory that threads share", () => {
    const memory = HistoryRing.memory(10, 1);
    const bytes = Buffer.from(memory);
    const ringOf = (privacy: Privacy): HistoryRing =>
      new HistoryRing(10, undefined, { memory, writers: 1, writer: 0 }, new HistoryPrivacy(privacy));
    const outcome = outcomeOf("one.example.", { clientAddress: "192.0.2.77", clientPort: 0x4f5a });
    ringOf("mask-clients").ended(outcome);
    ringOf("hide-clients").ended(outcome);
    expect(bytes.includes("192.0.2.0/24")).toBe(true);
    expect(bytes.includes("192.0.2.77") || bytes.includes(Buffer.from([0x5a, 0x4f]))).toBe(false);
    ringOf("full").ended(outcome);
    expect(bytes.includes("192.0.2.77") && bytes.includes(Buffer.from([0x5a, 0x4f]))).toBe(true);
  });
});
