import { describe, expect, test } from "vitest";
import { hash, lastTwoLabels } from "../../../src/upstream/policy/hash.ts";
import { asked, mask, servers } from "./servers.ts";

const names = ["dns.one.example", "dns.two.example", "dns.three.example", "dns.four.example"];
const all = mask(0, 1, 2, 3);
const domains = Array.from({ length: 4000 }, (_, at) => `domain${at}.test`);

describe("hash", () => {
  const policy = hash(servers(names), lastTwoLabels);
  const home = (name: string, candidates: number = all): number => policy.pick(candidates, asked(name));

  test("sends all names of one registrable domain to one operator, whatever their case", () => {
    for (const domain of domains.slice(0, 300)) {
      const picks = [domain, `www.${domain}`, `a.b.c.${domain}`, `WWW.${domain.toUpperCase()}`].map((name) =>
        home(name),
      );
      expect(new Set(picks).size).toBe(1);
    }
    expect([".", "test"].map((name) => home(name)).every((at) => at >= 0 && at < 4)).toBe(true);
    expect(policy.companion(all, asked("a.test"))).toBe(-1);
  });

  test("gives each operator about the same share", () => {
    const counts = [0, 0, 0, 0];
    for (const domain of domains) counts[home(domain)]!++;
    // 1000 each, deviation 27: six to each side.
    expect(Math.min(...counts)).toBeGreaterThan(830);
    expect(Math.max(...counts)).toBeLessThan(1170);
  });

  test("moves only the share of an operator that is down, to all the others, and back", () => {
    const gone = 2;
    const moved = [0, 0, 0, 0];
    for (const domain of domains) {
      const before = home(domain);
      const meanwhile = home(domain, all & ~mask(gone));
      if (before === gone) moved[meanwhile]!++;
      expect([meanwhile === before, before === gone]).toContain(true);
      expect(meanwhile).not.toBe(gone);
      expect(home(domain)).toBe(before);
    }
    expect(moved[gone]).toBe(0);
    // About 333 each.
    for (const at of [0, 1, 3]) {
      expect(moved[at]).toBeGreaterThan(220);
      expect(moved[at]).toBeLessThan(450);
    }
  });

  test("is the same after a restart and in whatever order the servers stand", () => {
    const shuffled = [2, 0, 3, 1];
    const other = hash(servers(shuffled.map((at) => names[at]!)), lastTwoLabels);
    for (const domain of domains.slice(0, 300)) {
      expect(shuffled[other.pick(all, asked(domain))]).toBe(home(domain));
    }
  });

  test("takes servers of one name for one operator, the first of them that works", () => {
    const two = hash(servers(["dns.one.example", "dns.one.example", "dns.two.example"]), lastTwoLabels);
    const counts = [0, 0, 0];
    for (const domain of domains) {
      const first = two.pick(mask(0, 1, 2), asked(domain));
      counts[first]!++;
      const without = two.pick(mask(1, 2), asked(domain));
      expect(without).toBe(first === 0 ? 1 : first);
    }
    expect(counts[1]).toBe(0);
    expect(counts[2]).toBeGreaterThan(1800);
    expect(counts[0]).toBeGreaterThan(1800);
  });
});
