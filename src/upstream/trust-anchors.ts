import { readFileSync } from "node:fs";
import tls, { type SecureContext, type SecureVersion } from "node:tls";
import { createHash } from "node:crypto";

/** Where systems keep the anchors that their administrator trusts, as one PEM file. */
const systemBundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The certificate authorities that may vouch for a server. Reading and parsing them takes tens of milliseconds, so it
 * happens once, when the first connection needs it.
 */
export class TrustAnchors {
  #pem: string | null;
  #contexts = new Map<string, SecureContext>();
  #id: string | null = null;

  /** PEM text with one or more certificates; null: those of the system. */
  constructor(pem: string | null) {
    this.#pem = pem;
  }

  /** Stands for the content: two sets with the same certificates have the same id. */
  get id(): string {
    this.#id ??= this.#pem === null ? "system" : createHash("sha256").update(this.#pem).digest("base64");
    return this.#id;
  }

  /** The TLS context with these anchors and this least version; made once for each version. */
  context(minVersion: SecureVersion): SecureContext {
    let context = this.#contexts.get(minVersion);
    if (context === undefined) {
      context = tls.createSecureContext({ ca: this.#pem ?? systemAnchors(), minVersion });
      this.#contexts.set(minVersion, context);
    }
    return context;
  }
}

/**
 * What the system trusts: the file that SSL_CERT_FILE names (one that cannot be read trusts nobody: a slip must not widen
 * what is trusted), else the system's bundle, else what Node ships with; NODE_EXTRA_CA_CERTS comes on top, as Node's
 * users expect.
 */
function systemAnchors(): string[] {
  const extra = readIfThere(process.env["NODE_EXTRA_CA_CERTS"]);
  return [...bundles(), ...(extra === undefined ? [] : [extra])];
}

function bundles(): readonly string[] {
  const named = process.env["SSL_CERT_FILE"] ?? "";
  const bundle = (named === "" ? systemBundles : [named]).map(readIfThere).find((text) => text !== undefined);
  if (bundle !== undefined) return [bundle];
  return named === "" ? tls.rootCertificates : [];
}

function readIfThere(file: string | undefined): string | undefined {
  if (file === undefined || file === "") return undefined;
  try {
    const text = readFileSync(file, "utf8");
    return text.includes("BEGIN CERTIFICATE") ? text : undefined;
  } catch {
    return undefined;
  }
}
