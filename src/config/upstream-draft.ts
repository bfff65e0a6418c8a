import type { TlsOptions, UpstreamSpec } from "./config.ts";
import { mergeTls, type OwnTls } from "./tls-options.ts";

/** An upstream as it is written: it knows what it says about TLS itself, and not yet what holds for all. */
export type UpstreamDraft = Omit<UpstreamSpec, "tls"> & { readonly tls: OwnTls };

export type Protocol = UpstreamSpec["protocol"];

/** The port that a protocol has when none is given: RFC 7858 section 3.1, RFC 8484, RFC 1035 section 4.2. */
export const PORTS: Readonly<Record<Protocol, number>> = { tls: 853, https: 443, udp: 53, tcp: 53 };

/** Where a resolver is asked over HTTPS when nobody says where: the path in the examples of RFC 8484. */
export const DEFAULT_PATH = "/dns-query";

/** Queries are padded to blocks of so many bytes (RFC 8467 section 4.1). */
const PADDING = 128;

/** Whether the protocol sends queries in the clear. */
export function isPlain(protocol: Protocol): boolean {
  return protocol === "udp" || protocol === "tcp";
}

/** A draft of which only what matters is said. */
export function draft(
  protocol: Protocol,
  parts: Partial<UpstreamDraft> & Pick<UpstreamDraft, "label">,
): UpstreamDraft {
  return {
    protocol,
    addresses: [],
    port: PORTS[protocol],
    name: null,
    path: DEFAULT_PATH,
    method: "POST",
    ddr: false,
    pins: [],
    certHashes: [],
    tls: {},
    padding: isPlain(protocol) ? null : PADDING,
    insecure: false,
    ...parts,
  };
}

/** Puts the general TLS options under those of the upstream itself. */
export function completeUpstream(upstream: UpstreamDraft, general: TlsOptions): UpstreamSpec {
  const tls = mergeTls(general, upstream.tls);
  // HTTP/2 over TLS is negotiated by ALPN and by nothing else (RFC 9113 section 3.2).
  return { ...upstream, tls: upstream.protocol === "https" ? { ...tls, alpn: ["h2"] } : tls };
}
