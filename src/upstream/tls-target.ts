import { AnchorFiles, type AnchorPlace } from "./anchor-files.ts";
import { ClientCertificate } from "./client-certificate.ts";
import type { Target } from "./dial.ts";
import { KeyLog } from "./key-log.ts";
import type { Verify } from "./proof.ts";
import { TicketStore } from "./tickets.ts";
import { TrustAnchors } from "./trust-anchors.ts";

/** Where trust anchors come from: the system's, Node's, a PEM file, the PEM files of a folder. */
export type AnchorSource = "system" | "bundled" | AnchorPlace;

/** How TLS is spoken with a server, as somebody wants it. Lists for OpenSSL are joined by colons; null: as Node has it. */
export interface TlsSettings {
  readonly verify: Verify;
  readonly ca: AnchorSource;
  /** PEM files of the client certificate and its key; both or neither. */
  readonly cert: string | null;
  readonly key: string | null;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion: "TLSv1.2" | "TLSv1.3";
  readonly ciphers: string | null;
  readonly groups: string | null;
  /** What ALPN offers for DNS over TLS; empty: no ALPN. */
  readonly alpn: readonly string[];
  readonly sni: boolean;
  /** A file for the secrets of its connections; null: none. */
  readonly keyLog: string | null;
}

/** One address of a server, and who must be found there. */
export interface TlsServer {
  /** An IP address, without brackets, a scope id kept. */
  readonly address: string;
  readonly port: number;
  /** The name that its certificate must carry; null: its address. */
  readonly name: string | null;
  /** Base64 of SHA-256 over a SubjectPublicKeyInfo. */
  readonly pins: readonly string[];
  /** Base64 of SHA-256 over the signed part of a certificate. */
  readonly certHashes: readonly string[];
  readonly tls: TlsSettings;
}

/** Vouches for nobody: for those who need not prove anything. */
const NOBODY = new TrustAnchors("");

/** What targets have in common: tickets, and one set of anchors and one client certificate for each source. */
export class TlsShared {
  /** Tickets of every target; their keys keep them apart. */
  readonly tickets: TicketStore = new TicketStore();
  readonly #readAnchors: (source: AnchorSource) => string | null;
  readonly #onProblem: (text: string) => void;
  readonly #anchors = new Map<string, TrustAnchors>();
  readonly #clients = new Map<string, ClientCertificate>();
  readonly #keyLogs = new Map<string, KeyLog>();

  /**
   * `readAnchors` gives PEM text, null for the system's anchors, and throws where the source is not good. `onProblem` hears,
   * once each, why anchors or a client certificate that were replaced are not taken, or a key log not written.
   */
  constructor(readAnchors: (source: AnchorSource) => string | null, onProblem: (text: string) => void) {
    this.#readAnchors = readAnchors;
    this.#onProblem = onProblem;
  }

  /** Throws what `readAnchors` throws. Those that are in files follow the files. */
  anchors(source: AnchorSource): TrustAnchors {
    const make = (): TrustAnchors => {
      const read = (): string => this.#readAnchors(source) ?? "";
      // Before they are read, so that no change is missed.
      const files = typeof source === "string" ? null : new AnchorFiles(source, read, this.#onProblem);
      return new TrustAnchors(this.#readAnchors(source), files);
    };
    return once(this.#anchors, JSON.stringify(source), make);
  }

  client(cert: string, key: string): ClientCertificate {
    const make = (): ClientCertificate => new ClientCertificate(cert, key, this.#onProblem);
    return once(this.#clients, JSON.stringify([cert, key]), make);
  }

  keyLog(file: string): KeyLog {
    return once(this.#keyLogs, file, () => new KeyLog(file, this.#onProblem));
  }
}

/**
 * The target to dial for one address of a server. Make it once and keep it: what is learned of the server stays with it.
 * Throws what reading its trust anchors throws.
 */
export function tlsTarget(server: TlsServer, shared: TlsShared): Target {
  const { address, port, name, pins, certHashes, tls } = server;
  const { verify, minVersion, maxVersion, ciphers, groups, alpn, sni } = tls;
  return {
    address,
    port,
    name,
    pins,
    certHashes,
    verify,
    minVersion,
    maxVersion,
    ciphers,
    groups,
    alpn,
    sni,
    anchors: verify === "none" ? NOBODY : shared.anchors(tls.ca),
    client: tls.cert === null || tls.key === null ? null : shared.client(tls.cert, tls.key),
    keyLog: tls.keyLog === null ? null : shared.keyLog(tls.keyLog),
  };
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
