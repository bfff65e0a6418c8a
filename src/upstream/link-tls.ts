import { X509Certificate } from "node:crypto";
import { pinOf } from "./identity.ts";

/** What was agreed on a connection; for people. */
export interface LinkTls {
  /** `TLSv1.3`. */
  readonly version: string | null;
  readonly cipher: string | null;
  /** What is spoken, as ALPN names it; null: ALPN was not used. */
  readonly alpn: string | null;
  /** The server's certificates in DER, its own first; null on a resumed session, which has none. */
  readonly chain: readonly Buffer[] | null;
}

/** What a server has shown on its connections so far. */
export class TlsShown {
  /** What was agreed on the last one; null: there was none, or it had no TLS. */
  last: LinkTls | null = null;
  /** Of the last handshake that was not a resumed one. */
  chain: readonly Buffer[] | null = null;

  /** One is open. */
  learn(tls: LinkTls | undefined): void {
    this.last = tls ?? null;
    if (tls?.chain && tls.chain.length > 0) this.chain = tls.chain;
  }
}

/** A certificate in words. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** Of SAN: `dns.example`, `192.0.2.1`. */
  readonly names: readonly string[];
  /** ISO 8601 in UTC. */
  readonly validFrom: string;
  readonly validTo: string;
  /** Base64 of SHA-256 over the key, of the server's own first, then of those that vouch for it, with what our anchors add. */
  readonly pins: readonly string[];
}

/** Certificates are looked at when somebody asks, and each once. */
const known = new WeakMap<readonly Buffer[], CertificateFacts>();

/** A chain in words, as `LinkTls` has it; it is not empty. */
export function certificateFacts(chain: readonly Buffer[]): CertificateFacts {
  const facts = known.get(chain) ?? read(chain);
  known.set(chain, facts);
  return facts;
}

function read(chain: readonly Buffer[]): CertificateFacts {
  const leaf = new X509Certificate(chain[0]!);
  return {
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    names: (leaf.subjectAltName ?? "")
      .split(", ")
      .map((entry) => entry.replace(/^(DNS|IP Address):/, ""))
      .filter((name) => name !== ""),
    validFrom: iso(leaf.validFrom),
    validTo: iso(leaf.validTo),
    pins: chain.flatMap(pinIfReadable),
  };
}

function pinIfReadable(der: Buffer): string[] {
  try {
    return [pinOf(new X509Certificate(der))];
  } catch {
    // A kind of key that Node cannot read.
    return [];
  }
}

/** Node writes each part of a distinguished name on a line of its own. */
function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").join(", ");
}

/** OpenSSL's `Nov 21 14:00:00 2027 GMT`. */
function iso(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString();
}
