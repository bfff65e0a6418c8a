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

/** Takes all that there is. */
function exhaust(budget: HedgeBudget): number {
  let spent = 0;
  while (budget.spend()) spent++;
  return spent;
}

describe("the budget of hedges", () => {
  test("lets fewer than one in twenty through from the thousandth query on, when every query wants one", () => {
    const budget = new HedgeBudget();
    let all = 0;
    for (let queries = 1; queries <= 20_000; queries++) {
      all += hedged(budget, 1);
      expect(all).toBeLessThanOrEqual(5 + queries * 0.045);
      if (queries > 1000) expect(all).toBeLessThan(queries * 0.05);
    }
    expect(all).toBeGreaterThan(20_000 * 0.04);
  });

  test("allows some before anything is earned", () => {
    expect(exhaust(new HedgeBudget())).toBe(5);
  });

  test("saves some up for a server that goes dark, however long it was quiet", () => {
    const budget = new HedgeBudget();
    for (let at = 0; at < 100_000; at++) budget.earn();
    const spent = exhaust(budget);
    expect(spent).toBeGreaterThanOrEqual(20);
    expect(spent).toBeLessThanOrEqual(50);
  });

  test("pays for those that could not wait for it, up to a bound", () => {
    const budget = new HedgeBudget();
    for (let at = 0; at < 4; at++) budget.owe();
    expect(exhaust(budget)).toBe(1);
    for (let at = 0; at < 1000; at++) budget.owe();
    expect(hedged(budget, 1100)).toBe(0);
    expect(hedged(budget, 100)).toBeGreaterThan(0);
  });
});
