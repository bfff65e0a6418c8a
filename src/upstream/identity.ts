import { X509Certificate, createHash } from "node:crypto";
import { isIP } from "node:net";
import type { DetailedPeerCertificate, PeerCertificate } from "node:tls";
import { IdentityError } from "./failure.ts";

/** Who a server must prove to be, beside having a chain to a trust anchor. */
export interface Identity {
  /** The name its certificate must carry; null: its IP address. */
  readonly name: string | null;
  readonly address: string;
  /** Base64 of SHA-256 over a SubjectPublicKeyInfo; when there are any, one of them must be in the chain. */
  readonly pins: readonly string[];
}

/** The pin of a certificate: base64 of SHA-256 over its SubjectPublicKeyInfo (RFC 7858 section 4.2, RFC 7469 2.4). */
export function pinOf(certificate: X509Certificate): string {
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}

/**
 * Holds a chain that OpenSSL has found good against the identity: name **and** pin when both are set (RFC 8310 8.1).
 * Names come from SAN alone, never from the subject's common name (RFC 8310 section 8.1, RFC 9525). Undefined when all is
 * well. Node does not call it for a resumed session: see tickets.ts for what stands in for it there.
 */
export function checkIdentity(identity: Identity, peer: PeerCertificate): IdentityError | undefined {
  const leaf = new X509Certificate(peer.raw);
  const { pins } = identity;
  const name = identity.name ?? identity.address.replace(/%.*$/, "");
  const found =
    isIP(name) === 0
      ? leaf.checkHost(name, { subject: "never", partialWildcards: false })
      : leaf.checkIP(name);
  if (found === undefined) {
    return new IdentityError("name", `TLS: the certificate is not for ${name}, but for ${namesOf(leaf)}`);
  }
  if (pins.length === 0 || chainOf(peer).some((certificate) => pins.includes(pinOf(certificate))))
    return undefined;
  return new IdentityError("pin", `TLS: no key in the chain matches a pin (the server's is ${pinOf(leaf)})`);
}

/**
 * Leaf first. Node links the issuers by their names alone, out of whatever the server has sent, and a root to itself: each
 * must have signed the one before, else anybody could send a certificate that holds a pinned key and vouches for nothing
 * (RFC 7469 section 2.6: pins are held against the validated chain).
 */
function chainOf(peer: PeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [new X509Certificate(peer.raw)];
  let here: PeerCertificate = peer;
  while (hasIssuer(here) && here.issuerCertificate?.raw !== undefined && chain.length < 16) {
    const issuer = new X509Certificate(here.issuerCertificate.raw);
    if (here.issuerCertificate === here || !hasSigned(issuer, chain.at(-1)!)) break;
    chain.push(issuer);
    here = here.issuerCertificate;
  }
  return chain;
}

function hasSigned(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A kind of key that Node cannot read.
    return false;
  }
}

function hasIssuer(certificate: PeerCertificate): certificate is DetailedPeerCertificate {
  return "issuerCertificate" in certificate;
}

/** The names in SAN, short enough for a log line and an extended error. */
function namesOf(leaf: X509Certificate): string {
  const names = (leaf.subjectAltName ?? "")
    .split(", ")
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ""));
  const shown = names.filter((name) => name !== "").slice(0, 4);
  if (shown.length === 0) return "no name at all";
  return names.length > shown.length ? `${shown.join(", ")} and others` : shown.join(", ");
}

/** What SNI may carry: a host name, never an address (RFC 6066 section 3). Empty: no SNI. */
export function serverNameOf(identity: Identity): string {
  return identity.name !== null && isIP(identity.name) === 0 ? identity.name : "";
}
