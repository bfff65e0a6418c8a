import { expect, onTestFinished, test } from "vitest";
import { checkedLoad, startCheckedUpstream } from "../support/checked-load.ts";
import { startDaemon } from "../support/daemon.ts";

/** The long run is `npm run bench -- --only correctness --seconds 600`. */
test.each([
  ["one worker", "1"],
  ["two workers with one cache", "2"],
])(
  "under mixed load every answer has the right content and TTL, and none is lost: %s",
  async (_, workers) => {
    const upstream = await startCheckedUpstream({ closeAfter: 1000 });
    onTestFinished(() => upstream.close());
    const { port } = await startDaemon([upstream], { options: ["--set", `workers=${workers}`] });
    const { asked, kept, lost, faults } = await checkedLoad(port, 5);
    expect(faults).toEqual([]);
    expect(lost).toBe(0);
    expect(asked).toBeGreaterThan(500);
    // Most come from memory, and others do not.
    expect(kept).toBeGreaterThan(asked / 10);
    expect(upstream.counters.queries).toBeGreaterThan(asked / 20);
    expect(upstream.counters.connections).toBeGreaterThan(1);
  },
  60_000,
);
