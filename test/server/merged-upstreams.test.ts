import { describe, expect, it } from "vitest";
import type { UpstreamStatus } from "../../src/control/status.ts";
import type { UpstreamReport } from "../../src/server/upstream-report.ts";
import { mergedUpstreams, retiredUpstreams } from "../../src/server/merged-upstreams.ts";

function seen(change: Partial<UpstreamReport>): UpstreamReport {
  return {
    label: "tls://192.0.2.1",
    address: "192.0.2.1",
    port: 853,
    name: null,
    designated: null,
    authenticated: null,
    weakness: null,
    state: "idle",
    lastError: null,
    connections: 1,
    handshakes: 1,
    resumed: 0,
    queries: 10,
    answers: 9,
    failures: 1,
    mismatched: 2,
    inFlight: 3,
    handshakeMs: null,
    roundTripMs: null,
    protocol: "tls",
    temporary: false,
    links: { connecting: 0, open: 1, suspected: 0, parting: 0 },
    tls: null,
    certificate: null,
    numbers: Float64Array.of(1, 2),
    latency: Float64Array.of(3),
    ...change,
  };
}

const error = (at: string): UpstreamStatus["lastError"] => ({ kind: "refused", text: at, at });

describe("how several workers see a server", () => {
  it("the weakest proof is shown, and one that has none yet says nothing", () => {
    const strict = seen({ authenticated: "name" });
    const weak = seen({ authenticated: "none", weakness: "the name was not found" });
    expect(mergedUpstreams([[seen({})], [strict]])[0]).toMatchObject({
      authenticated: "name",
      weakness: null,
    });
    expect(mergedUpstreams([[strict], [weak]])[0]).toMatchObject({
      authenticated: "none",
      weakness: "the name was not found",
    });
  });

  it("the encrypted face of a plain resolver is that of who knows one", () => {
    const designated = { protocol: "tls", name: "dns.test", address: "192.0.2.7", port: 853 } as const;
    expect(mergedUpstreams([[seen({})], [seen({ designated })]])[0]).toMatchObject({ designated });
    expect(mergedUpstreams([[seen({})]])[0]).toMatchObject({ designated: null });
  });

  it("counts are added up, times are the mean, the error is the newest", () => {
    const one = seen({
      handshakeMs: 10,
      roundTripMs: 4,
      lastError: error("2026-11-21T14:00:00Z"),
      resumed: 1,
    });
    const two = seen({ roundTripMs: 8, lastError: error("2026-11-21T15:00:00Z"), queries: 1 });
    expect(mergedUpstreams([[one], [two], [seen({})]])).toEqual([
      seen({
        connections: 3,
        handshakes: 3,
        resumed: 1,
        queries: 21,
        answers: 27,
        failures: 3,
        mismatched: 6,
        inFlight: 9,
        handshakeMs: 10,
        roundTripMs: 6,
        links: { connecting: 0, open: 3, suspected: 0, parting: 0 },
        numbers: Float64Array.of(3, 6),
        latency: Float64Array.of(9),
        lastError: error("2026-11-21T15:00:00Z"),
      }),
    ]);
  });

  it.each([
    [["down", "up", "idle"], "up"],
    [["down", "connecting"], "connecting"],
    [["idle", "down"], "down"],
    [["idle", "idle"], "idle"],
  ] as const)("%j is %s", (states, state) => {
    expect(mergedUpstreams(states.map((one) => [seen({ state: one })]))[0]).toMatchObject({ state });
  });

  it("each server by itself, also where one worker does not have them all yet", () => {
    const other = seen({ label: "udp://192.0.2.9", queries: 5 });
    expect(mergedUpstreams([[], [seen({})], [seen({}), other]])).toMatchObject([
      { label: "tls://192.0.2.1", queries: 20 },
      { label: "udp://192.0.2.9", queries: 5 },
    ]);
    expect(mergedUpstreams([])).toEqual([]);
  });

  it("what one that is gone has counted stays, and nothing else of it", () => {
    const gone = seen({ state: "up", roundTripMs: 1, handshakeMs: 1, lastError: error("now") });
    const [merged] = mergedUpstreams([[seen({ state: "down", inFlight: 0 })], retiredUpstreams([gone])]);
    expect(merged).toMatchObject({
      state: "down",
      queries: 20,
      inFlight: 0,
      roundTripMs: null,
      lastError: null,
      links: { open: 1 },
      numbers: Float64Array.of(2, 4),
      latency: Float64Array.of(3),
    });
  });
});
