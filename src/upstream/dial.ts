import type { OnReadOpts, Socket } from "node:net";
import tls, {
  type ConnectionOptions,
  type SecureContext,
  type SecureVersion,
  type DetailedPeerCertificate,
  type TLSSocket,
} from "node:tls";
import type { ClientCertificate, ClientPair } from "./client-certificate.ts";
import { type Failure, failureOf, isAlpnRefusal, isHandshakeRefusal, isAlert } from "./failure.ts";
import { leave } from "./farewell.ts";
import { type Identity, serverNameOf } from "./identity.ts";
import type { KeyLog } from "./key-log.ts";
import type { LinkTls } from "./link-tls.ts";
import { type Proof, Prover, type Verify } from "./proof.ts";
import type { TicketStore } from "./tickets.ts";
import type { ContextOptions, TrustAnchors } from "./trust-anchors.ts";

/** A server that is asked over TLS, and who it must prove to be. What is left away is as strict as can be. */
export interface Target extends Identity, ContextOptions {
  readonly port: number;
  readonly anchors: TrustAnchors;
  readonly minVersion: SecureVersion;
  /** `strict` unless it says otherwise. */
  readonly verify?: Verify;
  /** Shown to a server that asks for it. */
  readonly client?: ClientCertificate | null;
  /** What ALPN offers where DNS is spoken inside TLS; empty: no ALPN. Left away: `dot`. */
  readonly alpn?: readonly string[];
  /** Whether the name is sent in the clear at the beginning; it is, unless this is false. */
  readonly sni?: boolean;
  /** Takes the secrets of its connections. */
  readonly keyLog?: KeyLog | null;
}

/** What is spoken inside TLS, as ALPN names it: DNS with its two-byte lengths (RFC 7858), or HTTP/2 (RFC 9113). */
export type TlsProtocol = "dot" | "h2";

/** What became of a dial: a connection on which the first byte may now be sent. */
export interface Dialed<Connected extends Socket = TLSSocket> {
  readonly socket: Connected;
  /** Milliseconds until TCP was connected. */
  readonly connectMs: number;
  /** Milliseconds of the TLS handshake alone; 0 where there is none. */
  readonly handshakeMs: number;
  readonly resumed: boolean;
  /** By what the server has proved who it is; `none` only where `verify` or a plain connection allow it. */
  readonly proof: Proof;
  /** Why it is not authenticated, where that is known: with `opportunistic`, and without encryption. */
  readonly doubt: Failure | null;
  /** Not there without TLS. */
  readonly tls?: LinkTls;
}

export interface DialListener<Connected extends Socket = TLSSocket> {
  onOpen(dialed: Dialed<Connected>): void;
  /**
   * Called once: no connection came of it; or, after `onOpen`, TLS itself ended the connection, as when a server of TLS 1.3
   * refuses a client certificate, which it can only after the client has thought that all is well. The socket ends next.
   */
  onFailure(failure: Failure): void;
  /** Bytes of an open connection; the buffer is used again after the call. Never called for `h2`. */
  onBytes(bytes: Buffer, length: number): void;
}

/** Each of the two, connecting and handshaking, may take this long, in milliseconds. */
export const STEP_TIMEOUT = 2000;

/** A TLS record holds at most 16 KiB (RFC 8446 section 5.1), and Node hands out at most one at a time. */
const READ_BUFFER = 16_384;

const WANTS_CERTIFICATE: Failure = {
  kind: "tls",
  text: "TLS: the server broke off after it had shown its certificate; it may want one of ours",
};

/**
 * Targets that broke off the last time because of what ALPN offered, and worked without. Kept by the target itself, so that
 * it is forgotten with it.
 */
const withoutAlpn = new WeakSet<Target>();

/**
 * Everything that was checked in a full handshake, and what is spoken, as a key: a session may be resumed only where all of
 * it is the same. `clientId` is that of the client certificate that was at hand.
 */
export function ticketKey(
  target: Target,
  protocol: TlsProtocol = "dot",
  clientId: string | null = null,
): string {
  const { address, port, name, pins, certHashes = [], anchors, verify = "strict" } = target;
  const { minVersion, maxVersion = null, ciphers = null, groups = null, sni = true } = target;
  const who = [address, port, name, [...pins].sort(), [...certHashes].sort(), anchors.id, verify];
  return JSON.stringify([protocol, ...who, minVersion, maxVersion, ciphers, groups, sni, clientId]);
}

/**
 * Opens a TLS connection (RFC 7858 section 3.2; strict profile of RFC 8310 unless the target says otherwise). Nothing is
 * written on it before the server has proved what it must. A server that refuses what ALPN offers is asked once more
 * without. Gives a function that ends the attempt, or the connection, without a word to the listener; politely means with a
 * TLS close_notify, which needs a peer that still reads. With `h2` nothing is read from the socket here: it is for HTTP/2
 * to take over.
 */
export function dial(
  target: Target,
  tickets: TicketStore,
  listener: DialListener,
  protocol: TlsProtocol = "dot",
): (politely: boolean) => void {
  const pair = target.client?.pair() ?? null;
  let secureContext: SecureContext;
  try {
    target.anchors.refresh();
    if (pair === null && target.client) throw new Error("the client certificate cannot be read");
    // Made before the clock starts: reading the anchors is work of ours, not of the network.
    secureContext = target.anchors.context(target.minVersion, target, pair);
  } catch (error) {
    // Not within this call: whoever dials does not have the function that ends it yet.
    const failure: Failure = {
      kind: "tls",
      text: `TLS: ${error instanceof Error ? error.message : "no context"}`,
    };
    const telling = setImmediate(() => listener.onFailure(failure));
    return () => clearImmediate(telling);
  }
  const shared: Attempt = { target, tickets, listener, protocol, secureContext, pair };
  const { alpn = ["dot"] } = target;
  // HTTP/2 is chosen by ALPN and by nothing else (RFC 9113 section 3.2).
  if (protocol === "h2") return attempt(shared, ["h2"], null);
  if (alpn.length === 0 || withoutAlpn.has(target)) return attempt(shared, [], null);
  let cancel = attempt(shared, alpn, () => {
    withoutAlpn.add(target);
    cancel = attempt(shared, [], null);
  });
  return (politely) => cancel(politely);
}

interface Attempt {
  readonly target: Target;
  readonly tickets: TicketStore;
  readonly listener: DialListener;
  readonly protocol: TlsProtocol;
  readonly secureContext: SecureContext;
  readonly pair: ClientPair | null;
}

/** One handshake. Where there is an `onAlpnRefused`, it is called, instead of the listener, if the server refuses the offer. */
function attempt(
  { target, tickets, listener, protocol, secureContext, pair }: Attempt,
  alpn: readonly string[],
  onAlpnRefused: (() => void) | null,
): (politely: boolean) => void {
  const { verify = "strict", sni = true } = target;
  const startedAt = performance.now();
  const key = ticketKey(target, protocol, pair?.id ?? null);
  const prover = new Prover(verify, target);
  let connectedAt = 0;
  let state: "dialing" | "open" | "over" = "dialing";
  const early: Buffer[] = [];
  let keepsTickets = false;
  const taken = tickets.take(key, startedAt);
  const options: ConnectionOptions & { onread?: OnReadOpts } = {
    host: target.address,
    port: target.port,
    servername: sni ? serverNameOf(target) : "",
    secureContext,
    ...prover.options(),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    ...(taken === undefined ? {} : { session: taken.session }),
    ...(protocol === "dot" ? { onread: reading((bytes, length) => hear(bytes, length)) } : {}),
  };
  const socket = tls.connect(options);
  const timer = setTimeout(() => {
    const step = connectedAt === 0 ? "no TCP connection" : "no TLS handshake";
    fail({ kind: "timeout", text: `${step} within ${STEP_TIMEOUT / 1000} s` });
  }, STEP_TIMEOUT);

  /** When the server last showed its certificate. */
  function provenAt(): number {
    return taken !== undefined && socket.isSessionReused() ? taken.since : startedAt;
  }

  function hear(bytes: Buffer, length: number): void {
    if (state === "open") listener.onBytes(bytes, length);
  }

  function over(): void {
    state = "over";
    clearTimeout(timer);
    socket.destroy();
  }

  function fail(failure: Failure): void {
    if (state !== "dialing") return;
    over();
    if (connectedAt !== 0) {
      // A server that stumbles over an old ticket would do so each time.
      if (taken !== undefined) tickets.forget(key);
      withoutAlpn.delete(target);
    }
    listener.onFailure(failure);
  }

  socket.setNoDelay(true);
  socket.once("connect", () => {
    connectedAt = performance.now();
    timer.refresh();
  });
  socket.on("session", (ticket: Buffer) => {
    // With TLS 1.2 a ticket comes before the identity is checked: it waits until then, or is forgotten.
    if (state === "dialing") early.push(ticket);
    else if (state === "open" && keepsTickets) tickets.put(key, ticket, provenAt());
  });
  if (target.keyLog) socket.on("keylog", (line: Buffer) => target.keyLog?.append(line));
  socket.once("secureConnect", () => {
    if (state !== "dialing") return;
    const verdict = prover.verdict(socket);
    if (!verdict.accepted) {
      fail(verdict.doubt);
      return;
    }
    const { proof, doubt } = verdict;
    state = "open";
    clearTimeout(timer);
    const openAt = performance.now();
    // A resumed session proves what the first one did, so one that proved nothing must not be taken for more than that.
    keepsTickets = proof !== "none" || verify === "none";
    if (keepsTickets) for (const ticket of early) tickets.put(key, ticket, provenAt());
    listener.onOpen({
      socket,
      connectMs: connectedAt - startedAt,
      handshakeMs: openAt - connectedAt,
      resumed: socket.isSessionReused(),
      proof,
      doubt,
      tls: tlsOf(socket),
    });
  });
  socket.on("error", (error) => {
    if (state === "dialing" && onAlpnRefused !== null && isAlpnRefusal(error)) {
      over();
      onAlpnRefused();
    } else if (state === "open" && isAlert(error)) {
      over();
      tickets.forget(key);
      listener.onFailure(failureOf(error, true, Date.now()));
    } else if (pair === null && isHandshakeRefusal(error) && socket.getPeerX509Certificate() !== undefined) {
      // With TLS 1.2 there is no better word for it; a server that likes no cipher suite says so before its certificate.
      fail(WANTS_CERTIFICATE);
    } else fail(failureOf(error, connectedAt !== 0, Date.now()));
  });
  socket.on("close", () => fail({ kind: "tls", text: "closed during the TLS handshake" }));

  return (politely) => {
    const wasOpen = state === "open";
    state = "over";
    clearTimeout(timer);
    leave(socket, politely && wasOpen);
  };
}

function tlsOf(socket: TLSSocket): LinkTls {
  return {
    version: socket.getProtocol(),
    cipher: socket.getCipher()?.standardName ?? null,
    alpn: typeof socket.alpnProtocol === "string" ? socket.alpnProtocol : null,
    chain: socket.isSessionReused() ? null : chainOf(socket),
  };
}

/** Longer chains are cut: no authority makes one. */
const MOST = 10;

/**
 * What the server has shown, in DER, its own certificate first. Not by `getPeerX509Certificate`: Node takes the
 * certificate out of the connection's chain for that, and whoever asks for the chain later finds none.
 */
export function chainOf(socket: TLSSocket): Buffer[] {
  const found: Buffer[] = [];
  let here: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (here?.raw !== undefined && found.length < MOST) {
    found.push(here.raw);
    // A root is linked to itself.
    here = here.issuerCertificate === here ? undefined : here.issuerCertificate;
  }
  return found;
}

/** Reads into one buffer for the life of a connection: what must outlive a call is copied by who keeps it. */
export function reading(hear: (bytes: Buffer, length: number) => void): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER);
  return {
    buffer,
    callback: (length) => {
      hear(buffer, length);
      return true;
    },
  };
}
