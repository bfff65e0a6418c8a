import type { UpstreamTally } from "../../upstream/upstream-tally.ts";

/** How a handshake fails, in the words of the metrics. */
export const TLS_ERRORS = ["name", "expired", "untrusted", "pin", "alpn", "protocol"] as const;

export type TlsError = (typeof TLS_ERRORS)[number];

/** How often handshakes with a server failed, by how. */
export function tlsErrors(tally: UpstreamTally): Record<TlsError, number> {
  return {
    name: tally.failures("name"),
    expired: tally.failures("clock"),
    untrusted: tally.failures("untrusted"),
    pin: tally.failures("pin"),
    alpn: tally.alpnFailures,
    protocol: tally.failures("tls") - tally.alpnFailures,
  };
}
