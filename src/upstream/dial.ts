import type { OnReadOpts, Socket } from "node:net";
import tls, { type ConnectionOptions, type SecureVersion, type TLSSocket } from "node:tls";
import { type Failure, failureOf } from "./failure.ts";
import { leave } from "./farewell.ts";
import { type Identity, checkIdentity, serverNameOf } from "./identity.ts";
import type { TicketStore } from "./tickets.ts";
import type { TrustAnchors } from "./trust-anchors.ts";

/** A server that is asked over TLS, and who it must prove to be. */
export interface Target extends Identity {
  readonly port: number;
  readonly anchors: TrustAnchors;
  readonly minVersion: SecureVersion;
}

/** What is spoken inside TLS, as ALPN names it: DNS with its two-byte lengths (RFC 7858), or HTTP/2 (RFC 9113). */
export type TlsProtocol = "dot" | "h2";

/** What became of a dial: a connection, authenticated if it is one of TLS, on which the first byte may now be sent. */
export interface Dialed<Connected extends Socket = TLSSocket> {
  readonly socket: Connected;
  /** Milliseconds until TCP was connected. */
  readonly connectMs: number;
  /** Milliseconds of the TLS handshake alone; 0 where there is none. */
  readonly handshakeMs: number;
  readonly resumed: boolean;
}

export interface DialListener<Connected extends Socket = TLSSocket> {
  onOpen(dialed: Dialed<Connected>): void;
  /** Called once when no connection came of it; never after `onOpen`. */
  onFailure(failure: Failure): void;
  /** Bytes of an open connection; the buffer is used again after the call. Never called for `h2`. */
  onBytes(bytes: Buffer, length: number): void;
}

/** Each of the two, connecting and handshaking, may take this long, in milliseconds. */
export const STEP_TIMEOUT = 2000;

/** A TLS record holds at most 16 KiB (RFC 8446 section 5.1), and Node hands out at most one at a time. */
const READ_BUFFER = 16_384;

/**
 * What is checked in a full handshake, and what is spoken, as a key: a session may be resumed only where all of it is
 * the same.
 */
export function ticketKey(target: Target, protocol: TlsProtocol = "dot"): string {
  const { address, port, name, pins, anchors, minVersion } = target;
  return JSON.stringify([protocol, address, port, name, [...pins].sort(), anchors.id, minVersion]);
}

/**
 * Opens an authenticated TLS connection (RFC 7858 section 3.2, strict profile of RFC 8310). Nothing is written on it
 * before chain, name and pins are right. Gives a function that ends the attempt, or the connection, without a word to
 * the listener; politely means with a TLS close_notify, which needs a peer that still reads. With `h2` nothing is read
 * from the socket here: it is for HTTP/2 to take over.
 */
export function dial(
  target: Target,
  tickets: TicketStore,
  listener: DialListener,
  protocol: TlsProtocol = "dot",
): (politely: boolean) => void {
  // Made before the clock starts: reading the anchors is work of ours, not of the network.
  const secureContext = target.anchors.context(target.minVersion);
  const startedAt = performance.now();
  const key = ticketKey(target, protocol);
  let connectedAt = 0;
  let state: "dialing" | "open" | "over" = "dialing";
  const early: Buffer[] = [];
  const session = tickets.take(key, startedAt);
  const options: ConnectionOptions & { onread?: OnReadOpts } = {
    host: target.address,
    port: target.port,
    servername: serverNameOf(target),
    secureContext,
    // Said out loud: NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes the default.
    rejectUnauthorized: true,
    ALPNProtocols: [protocol],
    checkServerIdentity: (_host, certificate) => checkIdentity(target, certificate),
    ...(session === undefined ? {} : { session }),
    ...(protocol === "dot" ? { onread: reading((bytes, length) => hear(bytes, length)) } : {}),
  };
  const socket = tls.connect(options);
  const timer = setTimeout(() => {
    const step = connectedAt === 0 ? "no TCP connection" : "no TLS handshake";
    fail({ kind: "timeout", text: `${step} within ${STEP_TIMEOUT / 1000} s` });
  }, STEP_TIMEOUT);

  function hear(bytes: Buffer, length: number): void {
    if (state === "open") listener.onBytes(bytes, length);
  }

  function fail(failure: Failure): void {
    if (state !== "dialing") return;
    state = "over";
    clearTimeout(timer);
    // A server that stumbles over an old ticket would do so each time.
    if (session !== undefined && connectedAt !== 0) tickets.forget(key);
    socket.destroy();
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
    else if (state === "open") tickets.put(key, ticket, performance.now());
  });
  socket.once("secureConnect", () => {
    if (state !== "dialing") return;
    if (!socket.authorized) {
      fail({ kind: "untrusted", text: "TLS: the server is not authenticated" });
      return;
    }
    state = "open";
    clearTimeout(timer);
    const openAt = performance.now();
    for (const ticket of early) tickets.put(key, ticket, openAt);
    listener.onOpen({
      socket,
      connectMs: connectedAt - startedAt,
      handshakeMs: openAt - connectedAt,
      resumed: socket.isSessionReused(),
    });
  });
  socket.on("error", (error) => fail(failureOf(error, connectedAt !== 0, Date.now())));
  socket.on("close", () => fail({ kind: "tls", text: "closed during the TLS handshake" }));

  return (politely) => {
    const wasOpen = state === "open";
    state = "over";
    clearTimeout(timer);
    leave(socket, politely && wasOpen);
  };
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
