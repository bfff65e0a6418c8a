import type { Socket } from "node:net";

/** How long the last words of a connection may take to leave, in milliseconds. */
export const FAREWELL = 500;

/** Ends a socket: politely with a FIN, and a close_notify over TLS, where nothing of ours is stuck in front of it. */
export function leave(socket: Socket, politely: boolean): void {
  if (politely && socket.writableLength === 0) {
    socket.destroySoon();
    // A peer that reads nothing must not keep the process.
    setTimeout(() => socket.destroy(), FAREWELL).unref();
  } else socket.destroy();
}
