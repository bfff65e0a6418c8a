import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveFeed } from "../../src/control/live-feed.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "../observe/outcomes.ts";

let ring: HistoryRing;
let feed: LiveFeed;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  ring = new HistoryRing(1000);
  feed = new LiveFeed(ring);
});
afterEach(() => {
  feed.end();
  vi.useRealTimers();
});

const all = (): boolean => true;

function record(count: number, name = "a."): void {
  for (let i = 0; i < count; i++) ring.ended(outcomeOf(name));
}

function tick(times = 1): void {
  vi.advanceTimersByTime(200 * times);
}

/** What a reader finds that has read nothing so far. */
async function read(
  stream: ReadableStream<Uint8Array>,
): Promise<{ queries: number; lost: number; bytes: number }> {
  const reader = stream.getReader();
  let text = "";
  for (;;) {
    const next = await Promise.race([
      reader.read(),
      new Promise<null>((resolve) => {
        setTimeout(() => resolve(null), 20);
      }),
    ]);
    if (next === null || next.done) break;
    text += new TextDecoder().decode(next.value);
  }
  reader.releaseLock();
  const lost = [...text.matchAll(/^data: \{"lost":(\d+)\}$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  return { queries: text.match(/^event: query$/gm)?.length ?? 0, lost, bytes: text.length };
}

describe("the live feed", () => {
  it("gives each reader what is new, as its filter has it", async () => {
    const everything = feed.join(all, [], 0);
    const some = feed.join(({ name }) => name === "b.", [], 0);
    record(3, "a.");
    record(2, "b.");
    tick();
    expect(await read(everything)).toMatchObject({ queries: 5, lost: 0 });
    expect(await read(some)).toMatchObject({ queries: 2, lost: 0 });
  });

  it("shows of a flood a part, and tells how many there were beside", async () => {
    const stream = feed.join(all, [], 0);
    record(900);
    tick();
    const { queries, lost } = await read(stream);
    expect(queries).toBeLessThan(100);
    expect(queries + lost).toBe(900);
  });

  it("counts what was overwritten before it came by", async () => {
    const stream = feed.join(all, [], 0);
    record(5000);
    tick();
    const { queries, lost } = await read(stream);
    expect(queries + lost).toBe(5000);
  });

  it("does not wait for a reader who reads nothing, holds little for him, and forgets no query in counting", async () => {
    const slow = feed.join(all, [], 0);
    const quick = feed.join(all, [], 0);
    let seen = 0;
    for (let i = 0; i < 100; i++) {
      record(20);
      tick();
      seen += (await read(quick)).queries;
    }
    expect(seen).toBe(2000);
    const held = await read(slow);
    expect(held.bytes).toBeLessThan(100_000);
    expect(held.queries).toBeLessThan(500);
    // What he has missed he learns when he reads again.
    tick();
    record(1);
    tick();
    const later = await read(slow);
    expect(held.queries + held.lost + later.queries + later.lost).toBe(2001);
  });

  it("looks at nothing while nobody reads", async () => {
    const stream = feed.join(all, [], 0);
    expect(vi.getTimerCount()).toBe(1);
    await stream.cancel();
    expect([feed.readers, vi.getTimerCount()]).toEqual([0, 0]);
    record(50);
    const next = feed.join(all, [], ring.recorded);
    record(1);
    tick();
    expect(await read(next)).toMatchObject({ queries: 1, lost: 0 });
  });

  it("gives a sign that it is there when nothing happens", async () => {
    const stream = feed.join(all, ['{"past":1}'], 0);
    tick(80);
    const reader = stream.getReader();
    const text =
      new TextDecoder().decode((await reader.read()).value) +
      new TextDecoder().decode((await reader.read()).value);
    expect(text).toBe('retry: 2000\n\nevent: query\ndata: {"past":1}\n\n:\n\n');
  });
});
