import { X509Certificate, createHash, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { lookOfFile } from "./file-look.ts";

/** A client certificate that belongs to its key. */
export interface ClientPair {
  /** PEM: the certificate of the client, and those that lead to its authority. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Stands for the content. */
  readonly id: string;
}

/**
 * The certificate that is shown to servers which ask for one (mutual TLS), from two files that may be replaced at any
 * time. Whoever replaces them may be caught in the middle: a half-written file, a certificate whose key is still to
 * come. Only a pair that belongs together is taken, and until there is one, the old pair is kept.
 */
export class ClientCertificate {
  readonly #certFile: string;
  readonly #keyFile: string;
  readonly #onProblem: (text: string) => void;
  #pair: ClientPair | null = null;
  /** What the files looked like when the pair was read; null: they have to be read. */
  #seen: string | null = null;
  #problem: string | null = null;

  /** Paths of PEM files, which may be the same one. `onProblem` hears once why a new pair is not taken. */
  constructor(certFile: string, keyFile: string, onProblem: (text: string) => void) {
    this.#certFile = certFile;
    this.#keyFile = keyFile;
    this.#onProblem = onProblem;
  }

  /** The pair that is good now, read again if the files have changed; null: there has not been one yet. Never throws. */
  pair(): ClientPair | null {
    try {
      // Before they are read: what changes meanwhile will look changed the next time.
      const looks = [this.#certFile, this.#keyFile].map(lookOfFile).join(" ");
      if (looks === this.#seen) return this.#pair;
      this.#seen = null;
      const pair = read(this.#certFile, this.#keyFile);
      // The same object while the content is the same: TLS contexts are kept by it.
      if (pair.id !== this.#pair?.id) this.#pair = pair;
      this.#seen = looks;
      this.#problem = null;
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
    }
    return this.#pair;
  }

  #tell(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    const instead = this.#pair === null ? "there is none yet" : "the one read before is still used";
    this.#onProblem(`the client certificate cannot be used, ${instead}: ${problem}`);
  }
}

/** Throws when the two files are not, at this moment, a certificate and its key. */
function read(certFile: string, keyFile: string): ClientPair {
  const cert = readFileSync(certFile, "utf8");
  const key = readFileSync(keyFile, "utf8");
  const begun = cert.split("-----BEGIN CERTIFICATE-----").length;
  if (begun === 1) throw new Error(`${certFile} holds no certificate in PEM form`);
  // One that is cut off behind the first would leave the server without the way to the authority.
  if (begun !== cert.split("-----END CERTIFICATE-----").length) {
    throw new Error(`${certFile}: a certificate in it has no end`);
  }
  const leaf = parsed(() => new X509Certificate(cert), `${certFile}: the certificate cannot be read`);
  const privateKey = parsed(() => createPrivateKey(key), `${keyFile} holds no private key that can be read`);
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new Error(`${keyFile} is not the key of the certificate in ${certFile}`);
  }
  // OpenSSL is the last to judge, of keys that are too short for it among others.
  parsed(() => createSecureContext({ cert, key }), `${certFile}: OpenSSL does not take the certificate`);
  const id = createHash("sha256")
    .update(JSON.stringify([cert, key]))
    .digest("base64");
  return { cert, key, id };
}

/** OpenSSL's own words name its source files. */
function parsed<T>(parse: () => T, otherwise: string): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(otherwise, { cause: error });
  }
}
