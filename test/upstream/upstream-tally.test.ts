import { describe, expect, it } from "vitest";
import { CLOSED_BY_US, FAILURE_KINDS } from "../../src/upstream/failure.ts";
import { OUTCOMES, UpstreamTally } from "../../src/upstream/upstream-tally.ts";

describe("what is counted of a server", () => {
  it("each kind of failure ends a question in exactly one way", () => {
    for (const kind of FAILURE_KINDS) {
      const tally = new UpstreamTally();
      tally.lost({ kind, text: "" });
      expect(OUTCOMES.map((outcome) => tally.outcome(outcome)).filter((count) => count > 0)).toEqual([1]);
    }
  });

  it("an answer is timed by its code, those that are rare together", () => {
    const tally = new UpstreamTally();
    for (const rcode of [0, 0, 3, 9, 16]) tally.answered(rcode, 3);
    expect(tally.outcome("ok")).toBe(5);
    expect([0, 1, 2, 3, 4].map((at) => tally.durations(at).sum)).toEqual([6, 3, 0, 0, 6]);
    expect(tally.durations(0).counts[4]).toBe(2);
  });

  it("handshakes are timed by whether they were resumed, and connections without TLS have none", () => {
    const tally = new UpstreamTally();
    tally.opened(1, 20, false);
    tally.opened(1, 5, true);
    tally.opened(1, 0, false);
    expect([tally.connects.sum, tally.handshakes(false).sum, tally.handshakes(true).sum]).toEqual([3, 20, 5]);
  });

  it("a connection that was open ends for a reason, with so many answers; one that was not has failed", () => {
    const tally = new UpstreamTally();
    tally.over(5, CLOSED_BY_US, true, "idle");
    tally.over(70_000, { kind: "closed", text: "" }, true, "local");
    tally.over(0, { kind: "malformed", text: "" }, true, "local");
    tally.over(0, { kind: "refused", text: "" }, false, "local");
    tally.over(0, { kind: "tls", text: "TLS: tlsv1 alert no application protocol" }, false, "local");
    tally.over(0, CLOSED_BY_US, false, "local");
    expect([
      tally.closes("idle"),
      tally.closes("peer"),
      tally.closes("error"),
      tally.closes("local"),
    ]).toEqual([1, 1, 1, 0]);
    expect([tally.failures("refused"), tally.failures("tls"), tally.alpnFailures]).toEqual([1, 1, 1]);
    expect(tally.answersPerLink).toEqual({
      counts: Float64Array.of(1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1),
      sum: 70_005,
    });
  });

  it("no two things are counted in one place", () => {
    const tally = new UpstreamTally();
    const acts: (() => void)[] = [
      ...OUTCOMES.map((outcome) => () => tally.ended(outcome)),
      () => tally.opened(1, 0, false),
      () => tally.opened(0, 1, true),
      () => tally.over(1, CLOSED_BY_US, true, "network"),
      () => tally.over(0, { kind: "pin", text: "" }, false, "local"),
      () => tally.hedged(true),
      () => tally.hedged(false),
      () => tally.looped(),
    ];
    for (const act of acts) act();
    // Three for each histogram that got a value: its bucket and its sum, and the bucket of what took no time.
    expect([...tally.numbers].every((count) => count <= 2)).toBe(true);
    expect([tally.hedges(true), tally.hedges(false), tally.loops]).toEqual([1, 1, 1]);
    expect(OUTCOMES.map((outcome) => tally.outcome(outcome))).toEqual(OUTCOMES.map(() => 1));
  });
});
