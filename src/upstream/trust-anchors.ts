import { readFileSync } from "node:fs";
import tls, { type SecureContext, type SecureVersion } from "node:tls";
import { createHash } from "node:crypto";
import type { AnchorFiles } from "./anchor-files.ts";
import type { ClientPair } from "./client-certificate.ts";

/** Where systems keep the anchors that their administrator trusts, as one PEM file. */
const systemBundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** What a TLS context holds besides anchors and least version; what is left away or null is as Node has it. */
export interface ContextOptions {
  readonly maxVersion?: SecureVersion;
  /** As OpenSSL wants them, suites of TLS 1.3 among the others, joined by colons. */
  readonly ciphers?: string | null;
  /** For the key exchange, joined by colons. */
  readonly groups?: string | null;
}

/**
 * The certificate authorities that may vouch for a server. Reading and parsing them takes tens of milliseconds, so it
 * happens once, when the first connection needs it, and again when they have changed.
 */
export class TrustAnchors {
  #pem: string | null;
  #contexts = new Map<string, SecureContext>();
  /** Those that show a client certificate: they go when it is replaced. */
  #showing = new WeakMap<ClientPair, Map<string, SecureContext>>();
  #id: string | null = null;
  readonly #files: AnchorFiles | null;

  /** PEM text with one or more certificates; null: those of the system. `files`: where the text came from. */
  constructor(pem: string | null, files: AnchorFiles | null = null) {
    this.#pem = pem;
    this.#files = files;
  }

  /** Looks whether they have changed on disk; to be called before each connection that is made with them. */
  refresh(): void {
    const pem = this.#files?.changed() ?? null;
    if (pem === null || pem === this.#pem) return;
    // Tickets are kept under the id, so what the old ones vouched for is not resumed.
    this.#pem = pem;
    this.#id = null;
    this.#contexts.clear();
    this.#showing = new WeakMap();
  }

  /** Stands for the content: two sets with the same certificates have the same id. */
  get id(): string {
    this.#id ??= this.#pem === null ? "system" : createHash("sha256").update(this.#pem).digest("base64");
    return this.#id;
  }

  /**
   * The TLS context with these anchors, this least version and these options, that shows `client` to who asks; made once
   * for each. Throws what OpenSSL says of options that it cannot follow.
   */
  context(
    minVersion: SecureVersion,
    { maxVersion, ciphers = null, groups = null }: ContextOptions = {},
    client: ClientPair | null = null,
  ): SecureContext {
    const contexts = client === null ? this.#contexts : this.#contextsWith(client);
    const key = JSON.stringify([minVersion, maxVersion, ciphers, groups]);
    let context = contexts.get(key);
    if (context === undefined) {
      context = tls.createSecureContext({
        ca: this.#pem ?? systemAnchors(),
        minVersion,
        ...(maxVersion === undefined ? {} : { maxVersion }),
        ...(ciphers === null ? {} : { ciphers }),
        ...(groups === null ? {} : { ecdhCurve: groups }),
        ...(client === null ? {} : { cert: client.cert, key: client.key }),
      });
      contexts.set(key, context);
    }
    return context;
  }

  #contextsWith(client: ClientPair): Map<string, SecureContext> {
    const known = this.#showing.get(client) ?? new Map<string, SecureContext>();
    this.#showing.set(client, known);
    return known;
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
