import type { DesignatedFace, UpstreamStatus } from "../control/status.ts";
import { weaknessOf } from "../upstream/proof.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** What the status says of one server. `face`: with DDR, the one of its encrypted faces that is used. */
export function upstreamStatus(upstream: Upstream, face: DesignatedFace | null): UpstreamStatus {
  const { label, place, state, counters, proof, doubt, lastFailure, lastFailureAt } = upstream;
  return {
    label,
    address: place.address,
    port: place.port,
    name: place.name,
    designated: face,
    authenticated: proof === "certificate" ? "name" : proof,
    weakness: proof === null ? null : weaknessOf(proof, doubt),
    state,
    lastError: lastFailure === null ? null : { ...lastFailure, at: new Date(lastFailureAt).toISOString() },
    connections: counters.connections,
    handshakes: counters.handshakes,
    resumed: counters.resumed,
    queries: counters.queries,
    answers: counters.answers,
    failures: counters.failures,
    mismatched: counters.mismatched,
    inFlight: upstream.load,
    handshakeMs: counters.handshakeMs < 0 ? null : counters.handshakeMs,
    roundTripMs: counters.roundTripMs < 0 ? null : counters.roundTripMs,
  };
}
