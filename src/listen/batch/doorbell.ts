import dgram, { type Socket } from "node:dgram";
import type { Libc } from "./libc.ts";
import { AF_INET, EPOLL_CTL_ADD, EPOLLIN, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from "./layout.ts";

/**
 * Says when a socket has something to be read, and leaves it there. Node offers no such thing: whatever it watches it also
 * reads, one datagram at a time and without the address that it was sent to. So it watches a dgram socket behind which there
 * is an epoll that holds the real socket. An epoll becomes readable when something in it does; reading it as a socket gives
 * the error ENOTSOCK, and that is the bell. All of this is public API of Node, and works in worker threads; what `listen` does
 * beside it only makes it cheaper.
 */
export class Doorbell {
  #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Rings for the socket `fd`, over and over until nothing is left to be read. Null when the system has no room for it. */
  static hang(libc: Libc, fd: number, ring: () => void): Doorbell | null {
    const socket = dgram.createSocket("udp4");
    const epoll = libc.epollCreate(SOCK_CLOEXEC);
    const stand = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    libc.scratch.setUint32(0, EPOLLIN, true);
    const watched = epoll >= 0 && stand >= 0 && libc.epollCtl(epoll, EPOLL_CTL_ADD, fd, libc.scratchAt) === 0;
    if (!watched) {
      if (epoll >= 0) libc.close(epoll);
      if (stand >= 0) libc.close(stand);
      socket.close();
      return null;
    }
    socket.on("error", ring);
    // Node takes sockets only. In the same turn, before the event loop looks at it, the epoll is put in its place.
    socket.bind({ fd: stand, exclusive: true });
    libc.dup3(epoll, stand, SOCK_CLOEXEC);
    libc.close(epoll);
    listen(socket, ring);
    return new Doorbell(socket);
  }

  /** Takes it off; the socket that it rang for stays open. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.close(resolve);
    });
  }
}

/**
 * Hears of the error before Node makes an Error of it, with a stack, for an event: 5 µs of each wake-up of an otherwise idle
 * process. Node 20 to 26 keep the handle under a symbol, and on it the function that is called. Where that is not so, the
 * event does.
 */
function listen(socket: Socket, ring: () => void): void {
  for (const key of Object.getOwnPropertySymbols(socket)) {
    const handle = partOf(partOf(socket, key), "handle");
    if (handle !== null && typeof partOf(handle, "onmessage") === "function") {
      Reflect.set(handle, "onmessage", () => ring());
      return;
    }
  }
}

/** An object or function that is a property of an object; null where there is none. */
function partOf(whole: object | null, key: string | symbol): object | null {
  const part: unknown = whole === null ? null : Reflect.get(whole, key);
  return typeof part === "object" || typeof part === "function" ? part : null;
}
