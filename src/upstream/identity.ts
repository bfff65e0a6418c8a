import { X509Certificate, createHash } from "node:crypto";
import { isIP } from "node:net";
import type { DetailedPeerCertificate, PeerCertificate } from "node:tls";
import { certHashOf } from "./cert-hash.ts";
import { IdentityError } from "./failure.ts";

/** Who a server must prove to be, beside having a chain to a trust anchor. */
export interface Identity {
  /** The name its certificate must carry; null: its IP address. */
  readonly name: string | null;
  readonly address: string;
  /** Base64 of SHA-256 over a SubjectPublicKeyInfo; when there are any, one of them must be in the chain. */
  readonly pins: readonly string[];
  /**
   * Base64 of SHA-256 over the signed part of a certificate, as DNS stamps have them; when there are any, a certificate in
   * the chain must have one of them, on top of all else.
   */
  readonly certHashes?: readonly string[];
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
  const { pins, certHashes = [] } = identity;
  const name = identity.name ?? identity.address.replace(/%.*$/, "");
  const found =
    isIP(name) === 0
      ? leaf.checkHost(name, { subject: "never", partialWildcards: false })
      : leaf.checkIP(name);
  if (found === undefined) {
    return new IdentityError("name", `TLS: the certificate is not for ${name}, but for ${namesOf(leaf)}`);
  }
  if (pins.length === 0 && certHashes.length === 0) return undefined;
  const chain = chainOf(peer);
  return (pins.length === 0 ? undefined : checkPin(identity, chain)) ?? checkHash(identity, chain);
}

/**
 * Holds a chain that nobody has looked at against the pins alone (RFC 7858 section 4.2): one match, of the server's own key
 * or of one that vouches for it, and neither name nor dates nor anchors matter. Without a pin nobody is right. Undefined
 * when all is well; like `checkIdentity`, of no use on a resumed session.
 */
export function checkPinned(identity: Identity, peer: PeerCertificate): IdentityError | undefined {
  if (peer.raw === undefined) return new IdentityError("pin", "TLS: the server showed no certificate");
  const chain = chainOf(peer);
  return checkPin(identity, chain) ?? checkHash(identity, chain);
}

function checkPin({ pins }: Identity, chain: readonly X509Certificate[]): IdentityError | undefined {
  if (chain.some((certificate) => pins.includes(pinOf(certificate)))) return undefined;
  const shown = pinOf(chain[0]!);
  return new IdentityError("pin", `TLS: no key in the chain matches a pin (the server's is ${shown})`);
}

function checkHash(
  { certHashes = [] }: Identity,
  chain: readonly X509Certificate[],
): IdentityError | undefined {
  if (certHashes.length === 0) return undefined;
  const hashes = chain.map(({ raw }) => certHashOf(raw));
  if (hashes.some((hash) => hash !== null && certHashes.includes(hash))) return undefined;
  return new IdentityError("pin", "TLS: no certificate in the chain matches a hash");
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
