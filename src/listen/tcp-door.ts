import net, { type AddressInfo, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { QueryHandler } from "./door.ts";
import { ListenError, listenUrl } from "./listen-error.ts";
import { TcpClient, type TcpClientOwner } from "./tcp-client.ts";

/** Connections in all, and of one address (RFC 7766 section 10). */
const MAX_CLIENTS = 1000;
const MAX_PER_ADDRESS = 250;

/**
 * Bytes of answers that are held for all clients together when each holds all that it may, and for one of them at the most
 * and at the least: an answer has up to 64 KiB, and one can be behind another.
 */
const HELD_IN_ALL = 64 * 1024 * 1024;
const MOST_HELD = 1024 * 1024;
const LEAST_HELD = 128 * 1024;

/** Connections that the kernel holds before we accept them. */
const BACKLOG = 511;

/** How long a handshake may take that has begun when the door is left, in ms: many times the way through a local network. */
const HANDSHAKE = 20;

/** How long clients may take to have nothing that waits for an answer, and new ones to say what they want, in ms. */
const LAST_WORDS = 500;

/** How often is looked whether all of them have, in ms. */
const LOOK = 5;

/** A socket for a door that is open already. */
export interface ReadySocket {
  readonly fd: number;
  /** Lets it overhear who wants to connect; not there: that cannot be done, or must not. */
  readonly overhear?: () => void;
  /** Says whether another one may be opened on the same address and port; not there: none can. */
  readonly share?: (shared: boolean) => void;
}

/** One listening TCP socket and its clients. */
export class TcpDoor implements TcpClientOwner {
  #server: Server;
  #handler: QueryHandler;
  #clients = new Set<TcpClient>();
  #perAddress = new Map<string, number>();
  /** How many connections there were. */
  #accepted = 0;
  #closed: Promise<void>;
  #ready: ReadySocket | null;

  private constructor(handler: QueryHandler, ready: ReadySocket | null) {
    this.#handler = handler;
    this.#ready = ready;
    // Without allowHalfOpen Node throws away the answers to a client that has said all it wants to ask.
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#closed = new Promise((resolve) => {
      this.#server.once("close", resolve);
    });
  }

  /**
   * Opens the socket. `port` 0 lets the system choose. `ipv6Only` keeps `::` from taking IPv4 as well. `shared`: others listen
   * there as well; by the option of Node, where it has one, or on a socket that is bound. Throws ListenError (ERR_DOTLS_LISTEN).
   */
  static async open(
    address: string,
    port: number,
    ipv6Only: boolean,
    handler: QueryHandler,
    shared: { readonly reusePort: true } | ReadySocket | null = null,
  ): Promise<TcpDoor> {
    const ready = shared !== null && "fd" in shared ? shared : null;
    const door = new TcpDoor(handler, ready);
    await new Promise<void>((resolve, reject) => {
      door.#server.once("error", (cause) =>
        reject(new ListenError(listenUrl("tcp", address, port), port, cause)),
      );
      const common = { exclusive: true, backlog: BACKLOG };
      const where = ready === null ? { host: address, port, ipv6Only, ...shared } : { fd: ready.fd };
      door.#server.listen({ ...common, ...where }, resolve);
    });
    door.#server.removeAllListeners("error");
    // EMFILE while accepting: libuv closes the connection, so that the kernel does not report it over and over.
    door.#server.on("error", () => {});
    return door;
  }

  get port(): number {
    return addressInfo(this.#server).port;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get mostHeld(): number {
    return Math.max(LEAST_HELD, Math.min(MOST_HELD, HELD_IN_ALL / this.#clients.size));
  }

  /** Whether another socket may be opened on the same address and port. */
  share(shared: boolean): void {
    if (this.#server.listening) this.#ready?.share?.(shared);
  }

  /** Accepts nobody any more; each connection ends when its queries are answered. */
  deafen(): void {
    this.#server.close();
    for (const client of this.#clients) client.finish();
  }

  /**
   * The same, where somebody else listens on the address as well: nobody who has come to this door is lost. Resolves when no
   * more queries will come; answers may still be on their way then.
   */
  async leave(): Promise<void> {
    if (!this.#server.listening) return;
    this.#ready?.overhear?.();
    await pause(HANDSHAKE);
    // Each turn of the event loop takes one connection out of the kernel's queue, and reads what has come by the others.
    for (let before = -1; before !== this.#accepted;) {
      before = this.#accepted;
      await nextTurn();
    }
    if (!this.#server.listening) return;
    this.#server.close();
    for (const client of this.#clients) client.leave();
    const until = performance.now() + LAST_WORDS;
    const mayAsk = ({ mayAsk }: TcpClient): boolean => mayAsk;
    while ([...this.#clients].some(mayAsk) && performance.now() < until) await pause(LOOK);
    for (const client of this.#clients) client.finish();
  }

  /** Closes; connections that have not ended after `patience` ms are cut. */
  async close(patience: number): Promise<void> {
    if (this.#server.listening) this.deafen();
    const timer = setTimeout(() => {
      for (const client of this.#clients) client.destroy();
    }, patience);
    await this.#closed;
    clearTimeout(timer);
  }

  #accept(socket: Socket): void {
    this.#accepted++;
    // A client that has reset by now has no address any more, but what it sent can still be read: nobody is to be asked for it.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const client = new TcpClient(socket, this.#handler, this);
    const ofAddress = (this.#perAddress.get(client.address) ?? 0) + 1;
    this.#clients.add(client);
    this.#perAddress.set(client.address, ofAddress);
    if (ofAddress > MAX_PER_ADDRESS) this.#makeRoom(client, (other) => other.address === client.address);
    else if (this.#clients.size > MAX_CLIENTS) this.#makeRoom(client, () => true);
  }

  /** Ends the connection that has been quiet for the longest; if none is, the new one. */
  #makeRoom(newcomer: TcpClient, candidate: (client: TcpClient) => boolean): void {
    let victim = newcomer;
    for (const client of this.#clients) {
      if (client.quiet && candidate(client) && client.lastMessageAt < victim.lastMessageAt) victim = client;
    }
    victim.destroy();
  }

  /** For the client. */
  onGone(client: TcpClient): void {
    this.#clients.delete(client);
    const left = (this.#perAddress.get(client.address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(client.address);
    else this.#perAddress.set(client.address, left);
  }
}

function addressInfo(server: Server): AddressInfo {
  const info = server.address();
  if (info === null || typeof info === "string")
    throw new TypeError("a TCP server has an address and a port");
  return info;
}
