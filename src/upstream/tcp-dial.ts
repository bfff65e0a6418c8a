import { type Socket, connect } from "node:net";
import { type DialListener, STEP_TIMEOUT, reading } from "./dial.ts";
import { type Failure, failureOf } from "./failure.ts";
import { leave } from "./farewell.ts";
import { UNENCRYPTED } from "./proof.ts";

/** A server that is asked in the clear. */
export interface PlainTarget {
  /** An IP address, without brackets, a scope id kept. */
  readonly address: string;
  readonly port: number;
}

/**
 * Opens a plain TCP connection (RFC 7766), as `dial` does one of TLS: gives a function that ends the attempt, or the
 * connection, without a word to the listener; politely means that what was written still leaves.
 */
export function dialTcp(target: PlainTarget, listener: DialListener<Socket>): (politely: boolean) => void {
  const startedAt = performance.now();
  let state: "dialing" | "open" | "over" = "dialing";
  const socket = connect({
    host: target.address,
    port: target.port,
    onread: reading((bytes, length) => {
      if (state === "open") listener.onBytes(bytes, length);
    }),
  });
  const timer = setTimeout(() => {
    fail({ kind: "timeout", text: `no TCP connection within ${STEP_TIMEOUT / 1000} s` });
  }, STEP_TIMEOUT);

  function fail(failure: Failure): void {
    if (state !== "dialing") return;
    state = "over";
    clearTimeout(timer);
    socket.destroy();
    listener.onFailure(failure);
  }

  socket.setNoDelay(true);
  socket.once("connect", () => {
    if (state !== "dialing") return;
    state = "open";
    clearTimeout(timer);
    listener.onOpen({
      socket,
      connectMs: performance.now() - startedAt,
      handshakeMs: 0,
      resumed: false,
      proof: "none",
      doubt: UNENCRYPTED,
    });
  });
  socket.on("error", (error) => fail(failureOf(error, false, Date.now())));
  socket.on("close", () => fail({ kind: "closed", text: "closed while it was connected" }));

  return (politely) => {
    const wasOpen = state === "open";
    state = "over";
    clearTimeout(timer);
    leave(socket, politely && wasOpen);
  };
}
