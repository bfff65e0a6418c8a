import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { watchIdle } from "../../../src/cli/doctor/idle.ts";
import { examine, examineOne, spec, start } from "./surroundings.ts";

/** What is found on a connection that has ended after so many seconds (null: not at all), of three. */
function watched(closedAfter: number | null, said: number | null | undefined): Promise<Finding> {
  const since = performance.now() - 3000;
  const ended = closedAfter === null ? null : { reason: "closed", at: since + closedAfter * 1000 };
  return watchIdle({ ended }, said, since, 3000);
}

describe("a connection on which nothing is asked", () => {
  it.each([
    [0.2, null, "warn", "closed after 0.2 s without a question; the server does not say"],
    [2, null, "info", "closed after 2 s without a question; the server does not say"],
    [2, undefined, "info", "closed after 2 s without a question"],
    [2, 2, "info", "the server grants 2 s (edns-tcp-keepalive)"],
    [2, 30, "warn", "the server grants 30 s (edns-tcp-keepalive)"],
    [null, 30, "ok", "still open after 3 s without a question; the server grants 30 s"],
    [null, 0, "warn", "the server grants 0 s"],
    [null, null, "info", "still open after 3 s without a question; the server does not say"],
    [null, undefined, "info", "still open after 3 s without a question"],
  ] as const)("closed after %s s, of which %s were granted: %s", async (closedAfter, said, mark, text) => {
    const found = await watched(closedAfter, said);
    expect(found).toMatchObject({ check: "idle", mark, facts: { seconds: said ?? null, closedAfter } });
    expect(found.text).toContain(text);
  });

  it("is watched until the server closes it", async () => {
    const upstream = await start({ idle: 1200 });
    const request = { flags: { tlsCa: upstream.caFile() } };
    const { code, found } = await examine(spec(upstream), request, { idleWatch: 4000 });
    expect(code).toBe(0);
    expect(found.get("idle")!.mark).toBe("info");
    expect(found.get("idle")!.facts["closedAfter"]).toBeGreaterThanOrEqual(1.1);
  });

  it("is watched no more when it has ended before", async () => {
    const { found } = await examineOne(await start({ closeAfter: 1 }));
    expect(found.has("idle")).toBe(false);
    expect(found.get("connection")).toMatchObject({ mark: "warn", facts: { answers: 1 } });
  });
});
