import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFault } from "./read-fault.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Says why a file cannot serve as trust anchors; null when it holds certificates and all of them can be read. */
export function faultOfCaFile(path: string): string | null {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch (error) {
    return `${path}: ${readFault(error)}`;
  }
  const certificates = text.match(CERTIFICATE);
  if (certificates === null) return `${path} holds no certificate in PEM form`;
  if (certificates.length < text.split("-----BEGIN CERTIFICATE-----").length - 1) {
    return `${path}: a certificate in it has no end`;
  }
  const broken = certificates.findIndex((pem) => !isReadable(pem));
  return broken === -1 ? null : `${path}: certificate ${broken + 1} in it cannot be read`;
}

function isReadable(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
