import { describe, expect, it, onTestFinished } from "vitest";
import type { HistoryEntry, QueryTimes } from "../../src/observe/history-entry.ts";
import { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { serve, specOf } from "../support/serve.ts";

const sum = ({ wait, connect, tls, send, answer }: QueryTimes): number =>
  wait + connect + tls + send + answer;

/** Fails unless the parts are no more than the whole, but for rounding. */
function timesOf({ times, ms }: HistoryEntry): QueryTimes {
  expect(times).not.toBeNull();
  expect(sum(times!)).toBeLessThanOrEqual(ms + 0.01);
  return times!;
}

describe("where the time of a query went", () => {
  it("is known: the first one waits for the connection, those after it do not", async () => {
    const upstream = await ScriptedUpstream.start();
    onTestFinished(() => upstream.close());
    const { client, server } = await serve([specOf(upstream)]);
    // At once: the second follows the first, the third waits for the same connection.
    await Promise.all(["a.test", "a.test", "b.test"].map((name) => client.ask(name, { type: 1 })));
    await client.ask("c.test", { type: 1 });
    const entries = [0, 1, 2, 3].map((at) => server.history.entry(at)!);
    for (const entry of entries.slice(0, 3)) {
      const { connect, tls, answer } = timesOf(entry);
      expect(connect).toBeGreaterThan(0);
      expect(tls).toBeGreaterThan(0);
      expect(answer).toBeGreaterThan(0);
    }
    const later = timesOf(entries[3]!);
    expect(later).toMatchObject({ connect: 0, tls: 0 });
    expect(later.answer).toBeGreaterThan(0);
  });

  it("has what another upstream has cost as the wait", async () => {
    const refused = await ScriptedUpstream.start();
    await refused.close();
    const upstream = await ScriptedUpstream.start();
    onTestFinished(() => upstream.close());
    const { client, server } = await serve([specOf(refused), specOf(upstream)]);
    expect((await client.ask("a.test", { type: 1 })).message).not.toBeNull();
    const { wait, connect } = timesOf(server.history.entry(0)!);
    expect(wait).toBeGreaterThan(0.05);
    expect(connect).toBeGreaterThan(0);
  });

  it("is not said of what no upstream has answered", async () => {
    const refused = await ScriptedUpstream.start();
    await refused.close();
    const { client, server } = await serve([specOf(refused)]);
    await client.ask("a.test", { type: 1 });
    await client.ask("localhost", { type: 1 });
    expect(server.history.entry(0)).toMatchObject({ rcode: "SERVFAIL", source: "local", times: null });
    expect(server.history.entry(1)).toMatchObject({ rcode: "NOERROR", source: "local", times: null });
  });
});
