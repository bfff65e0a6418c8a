import { describe, expect, test } from "vitest";
import { ExchangeQueue } from "../../src/upstream/exchange-queue.ts";
import { PlainExchange } from "./plain-exchange.ts";

function exchanges(count: number): PlainExchange[] {
  return Array.from({ length: count }, (_, at) => new PlainExchange(`n${at}.test`));
}

function filled(count: number): { queue: ExchangeQueue; all: PlainExchange[] } {
  const queue = new ExchangeQueue();
  const all = exchanges(count);
  for (const exchange of all) queue.push(exchange);
  return { queue, all };
}

function abandon(queue: ExchangeQueue, exchange: PlainExchange): void {
  exchange.abandoned = true;
  queue.leave();
}

describe("a queue of exchanges", () => {
  test("gives them in their order, and one that is put back first", () => {
    const { queue, all } = filled(3);
    expect(queue.first()).toBe(all[0]);
    expect(queue.shift()).toBe(all[0]);
    queue.unshift(all[0]!);
    expect([queue.load, queue.waiting()]).toEqual([3, all]);
    expect(queue.drain()).toEqual(all);
    expect([queue.load, queue.first(), queue.shift(), queue.drain()]).toEqual([0, undefined, undefined, []]);
  });

  test("passes over those that nobody waits for any more", () => {
    const { queue, all } = filled(5);
    for (const at of [0, 1, 3]) abandon(queue, all[at]!);
    expect([queue.load, queue.waiting()]).toEqual([2, [all[2], all[4]]]);
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([all[2], all[4], undefined]);
    expect(queue.load).toBe(0);
  });

  test("loses the oldest at once when it is full, and says why", () => {
    const { queue, all } = filled(4000);
    expect(all.flatMap(({ settled }) => settled)).toEqual([]);
    abandon(queue, all[0]!);
    const more = exchanges(3);
    for (const exchange of more) queue.push(exchange);
    expect(all.slice(0, 5).map(({ settled }) => settled)).toEqual([[], ["lost busy"], ["lost busy"], [], []]);
    expect([queue.load, queue.first()]).toEqual([4000, all[3]]);
  });

  test("takes what is asked again because of that, and does not turn in circles", () => {
    const { queue, all } = filled(4000);
    const [again] = exchanges(1) as [PlainExchange];
    all[0]!.onLost = () => abandon(queue, all[1]!);
    queue.push(again);
    expect([queue.load, queue.first()]).toEqual([3999, all[2]]);
  });

  test("forgets a flood that was given up", () => {
    const { queue, all } = filled(4000);
    for (const exchange of all.slice(0, 3999)) abandon(queue, exchange);
    expect([queue.load, queue.drain()]).toEqual([1, [all[3999]]]);
  });
});
