import { randomBytes, webcrypto } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { onTestFinished } from "vitest";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const KEY = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const DAY = 86_400_000;

/** What a client needs to show who it is; PEM. */
export interface ClientIdentity {
  readonly cert: string;
  readonly key: string;
}

/** An authority for clients, as `clientCa` of a scripted upstream takes it. */
export interface ClientAuthority {
  readonly ca: string;
  /** A certificate with this common name, and its key; it is good for `days` from now, negative: has not been for so many. */
  issue(commonName: string, days?: number): Promise<ClientIdentity>;
}

export async function createClientAuthority(name = "authority of clients"): Promise<ClientAuthority> {
  const keys = await newKeys();
  const root = await certify(name, keys.publicKey, name, keys.privateKey, 9, [
    new BasicConstraintsExtension(true, 0, true),
  ]);
  return {
    ca: pem(root),
    async issue(commonName, days = 9) {
      const own = await newKeys();
      const cert = await certify(commonName, own.publicKey, name, keys.privateKey, days, [
        new ExtendedKeyUsageExtension([CLIENT_AUTH]),
      ]);
      const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64");
      return { cert: pem(cert), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` };
    },
  };
}

/** Two files for a client certificate, which go with the test. */
export class ClientFiles {
  readonly cert: string;
  readonly key: string;
  readonly #folder: string;

  constructor(identity: ClientIdentity) {
    this.#folder = mkdtempSync(join(tmpdir(), "dotls-client-"));
    onTestFinished(() => rmSync(this.#folder, { recursive: true, force: true }));
    this.cert = join(this.#folder, "cert.pem");
    this.key = join(this.#folder, "key.pem");
    this.replace(identity);
  }

  /** Each file at one stroke, as it should be done, though not the two together, as they cannot be. */
  replace({ cert, key }: ClientIdentity): void {
    for (const [file, text] of [
      [this.cert, cert],
      [this.key, key],
    ] as const) {
      writeFileSync(join(this.#folder, "new"), text);
      renameSync(join(this.#folder, "new"), file);
    }
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
}

function certify(
  subject: string,
  publicKey: webcrypto.CryptoKey,
  issuer: string,
  signingKey: webcrypto.CryptoKey,
  days: number,
  extensions: readonly (BasicConstraintsExtension | ExtendedKeyUsageExtension)[],
): Promise<X509Certificate> {
  return X509CertificateGenerator.create({
    serialNumber: `40${randomBytes(15).toString("hex")}`,
    subject: [{ CN: [subject] }],
    issuer: [{ CN: [issuer] }],
    notBefore: new Date(Date.now() - 20 * DAY),
    notAfter: new Date(Date.now() + days * DAY),
    publicKey,
    signingKey,
    signingAlgorithm: SIGNATURE,
    extensions: [...extensions],
  });
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem").trim()}\n`;
}
