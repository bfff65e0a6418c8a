import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { CaSource } from "./config.ts";
import { readFault } from "./read-fault.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Says why a source cannot serve as trust anchors; null when it can. */
export function faultOfCa(source: CaSource): string | null {
  if (typeof source === "string") return null;
  return "file" in source ? faultOfCaFile(source.file) : faultOfCaFolder(source.directory);
}

/**
 * The certificates of a source as PEM text; null for `system`, whose are found by whoever makes connections. Throws what
 * the file system throws.
 */
export function readCa(source: CaSource): string | null {
  if (source === "system") return null;
  if (source === "bundled") return rootCertificates.join("\n");
  const files = "file" in source ? [source.file] : caFiles(source.directory);
  return files.map((file) => readFileSync(file, "utf8")).join("\n");
}

/** A folder needs one certificate at least, and no file with a broken one: that would be trust which is missing. */
function faultOfCaFolder(folder: string): string | null {
  let files: string[];
  try {
    files = caFiles(folder);
  } catch (error) {
    return `${folder}: ${readFault(error)}`;
  }
  if (files.length === 0) return `no file in ${folder} holds a certificate in PEM form`;
  return files.map(faultOfCaFile).find((fault) => fault !== null) ?? null;
}

/**
 * The files of a folder of trust anchors, in the order of their names: those directly in it that hold a certificate in
 * PEM form, links followed. Hidden ones are passed over, as Kubernetes keeps older versions of a volume in them.
 * Throws what the file system throws.
 */
function caFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .filter((path) => readFileSync(path, "latin1").includes("-----BEGIN CERTIFICATE-----"));
}

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
