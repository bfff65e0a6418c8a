import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { canonicalAddress } from "../../config/ip-address.ts";
import { chainOf } from "../../upstream/dial.ts";
import { pinOf } from "../../upstream/identity.ts";

/** A certificate of a server's chain, for people. */
export interface ChainCertificate {
  /** The subject on one line: `CN=dns.example, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Names and addresses in subjectAltName. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** As `pins` of the configuration takes it. */
  readonly pin: string;
  /** Whether the next certificate of the chain has really signed this one; the last is held against itself. */
  readonly signed: boolean;
}

/**
 * The chain that a server has shown, leaf first, with what our anchors add at its end. Node links certificates by names
 * alone, so `signed` says whether a link holds. Empty when there is no certificate, as on a resumed session.
 */
export function readChain(socket: TLSSocket): ChainCertificate[] {
  const found = chainOf(socket).map((der) => new X509Certificate(der));
  return found.map((certificate, at) => describe(certificate, found[at + 1] ?? certificate));
}

function describe(certificate: X509Certificate, issuer: X509Certificate): ChainCertificate {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: namesOf(certificate),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    pin: pinOf(certificate),
    signed: hasSigned(issuer, certificate),
  };
}

function oneLine(name: string | undefined): string {
  return name === undefined || name === "" ? "(no name)" : name.split("\n").join(", ");
}

function namesOf({ subjectAltName }: X509Certificate): string[] {
  if (subjectAltName === undefined) return [];
  return subjectAltName.split(", ").map((entry) => {
    const name = entry.replace(/^(DNS|IP Address):/, "");
    return canonicalAddress(name) ?? name;
  });
}

function hasSigned(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A kind of key that Node cannot read.
    return false;
  }
}
