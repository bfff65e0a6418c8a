import { describe, expect, test } from "vitest";
import { HedgeBudget } from "../../src/upstream/budget.ts";

/** How many of so many queries are hedged when all want it. */
function hedged(budget: HedgeBudget, queries: number): number {
  let spent = 0;
  for (let at = 0; at < queries; at++) {
    budget.earn();
    if (budget.spend()) spent++;
  }
  return spent;
}

describe("the budget of hedges", () => {
  test("lets fewer than one in twenty through when every query wants one", () => {
    const budget = new HedgeBudget();
    hedged(budget, 2000);
    for (const queries of [1000, 5000, 20_000]) {
      const spent = hedged(budget, queries);
      expect(spent).toBeLessThan(queries * 0.05);
      expect(spent).toBeGreaterThan(queries * 0.04);
    }
  });

  test("saves some up for a server that goes dark, however long it was quiet", () => {
    const budget = new HedgeBudget();
    for (let at = 0; at < 100_000; at++) budget.earn();
    let spent = 0;
    while (budget.spend()) spent++;
    expect(spent).toBeGreaterThanOrEqual(20);
    expect(spent).toBeLessThanOrEqual(50);
    expect(budget.spend()).toBe(false);
  });
});
