import type { X509Certificate } from "node:crypto";
import { pinOf } from "./identity.ts";

/** What was agreed on a connection; for people. */
export interface LinkTls {
  /** `TLSv1.3`. */
  readonly version: string | null;
  readonly cipher: string | null;
  /** What is spoken, as ALPN names it; null: ALPN was not used. */
  readonly alpn: string | null;
  /** The server's; null on a resumed session, which has none. */
  readonly certificate: X509Certificate | null;
}

/** What a server has shown on its connections so far. */
export class TlsShown {
  /** What was agreed on the last one; null: there was none, or it had no TLS. */
  last: LinkTls | null = null;
  /** Of the last handshake that was not a resumed one. */
  certificate: X509Certificate | null = null;

  /** One is open. */
  learn(tls: LinkTls | undefined): void {
    this.last = tls ?? null;
    if (tls?.certificate) this.certificate = tls.certificate;
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
  /** Base64 of SHA-256 over the key, of the server's own first, then of those that vouch for it, as far as it sent them. */
  readonly pins: readonly string[];
}

/** Certificates are looked at when somebody asks, and each once. */
const known = new WeakMap<X509Certificate, CertificateFacts>();

/** A certificate and those above it, in words. */
export function certificateFacts(leaf: X509Certificate): CertificateFacts {
  const facts = known.get(leaf) ?? read(leaf);
  known.set(leaf, facts);
  return facts;
}

function read(leaf: X509Certificate): CertificateFacts {
  return {
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    names: (leaf.subjectAltName ?? "")
      .split(", ")
      .map((entry) => entry.replace(/^(DNS|IP Address):/, ""))
      .filter((name) => name !== ""),
    validFrom: iso(leaf.validFrom),
    validTo: iso(leaf.validTo),
    pins: pinsOf(leaf),
  };
}

function pinsOf(leaf: X509Certificate): string[] {
  const pins: string[] = [];
  for (let here: X509Certificate | undefined = leaf; here !== undefined && pins.length < 16;) {
    try {
      pins.push(pinOf(here));
    } catch {
      // A kind of key that Node cannot read.
    }
    const above: X509Certificate | undefined = here.issuerCertificate;
    // A root is its own issuer.
    here = above === here || above?.fingerprint256 === here.fingerprint256 ? undefined : above;
  }
  return pins;
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
