import dgram, { type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { ReplyWay } from "../dns/reply-writer.ts";
import { ClientQuery } from "./client-query.ts";
import { type DatagramPort, MAX_QUERY, RECEIVE_BUFFER, UDP, UDP_WAY } from "./datagrams.ts";
import type { Door, QueryHandler } from "./door.ts";
import { ListenError, listenUrl } from "./listen-error.ts";

const NO_ROOM = Buffer.alloc(0);

/** Peers are given as addresses, never as names: nothing to look up, and nothing to wait a tick for. */
const noLookup = (
  host: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void => {
  done(null, host, host.includes(":") ? 6 : 4);
};

/** One UDP socket on one address. Replies leave by the socket that the query came in by, and so from its address. */
export class UdpDoor implements Door, DatagramPort {
  readonly way: ReplyWay = UDP_WAY;
  readonly roomAt = 0;
  /** Not known: dgram does not say it without a callback for each datagram. */
  readonly refused = 0;

  #socket: Socket;
  #handler: QueryHandler;
  #spare: ClientQuery;
  #room: Buffer = NO_ROOM;
  /** Answers may still be on their way when the socket is closed. */
  #open = true;
  /** Keeps the kernel from giving the socket more; null: there is no way to do that. */
  #turnAway: (() => void) | null = null;

  private constructor(address: string, reusePort: boolean, handler: QueryHandler) {
    this.#handler = handler;
    this.#spare = new ClientQuery(this, UDP);
    this.#socket = dgram.createSocket({
      type: isIPv6(address) ? "udp6" : "udp4",
      // An IPv6 socket takes IPv6 alone: IPv4 has sockets of its own.
      ...(isIPv6(address) && { ipv6Only: true }),
      // The types of Node 20 do not know it, nor does Node 20: whoever sets it has looked.
      ...(reusePort && { reusePort }),
      lookup: noLookup,
    });
  }

  /**
   * Opens the socket. `port` 0 lets the system choose. `reusePort`: others may listen there as well. Throws ListenError
   * (ERR_DOTLS_LISTEN). `port` of the result is the real one.
   */
  static async open(
    address: string,
    port: number,
    reusePort: boolean,
    handler: QueryHandler,
  ): Promise<UdpDoor> {
    const door = new UdpDoor(address, reusePort, handler);
    const socket = door.#socket;
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (cause) => {
        socket.close();
        reject(new ListenError(listenUrl("udp", address, port), port, cause));
      });
      socket.bind({ address, port, exclusive: true }, resolve);
    });
    socket.removeAllListeners("error");
    door.#begin();
    return door;
  }

  /**
   * Takes over a socket that is bound to this address. `turnAway` keeps the kernel from giving it more; what it has by then is
   * still read.
   */
  static adopt(
    fd: number,
    address: string,
    handler: QueryHandler,
    turnAway: (() => void) | null = null,
  ): UdpDoor {
    const door = new UdpDoor(address, false, handler);
    door.#turnAway = turnAway;
    door.#socket.bind({ fd, exclusive: true });
    door.#begin();
    return door;
  }

  #begin(): void {
    const socket = this.#socket;
    // ENOBUFS, EPERM of a firewall, ECONNREFUSED of a client that left: one datagram's trouble, never the process's.
    socket.on("error", () => {});
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER);
    } catch {
      // The system's own size it is.
    }
    socket.on("message", (bytes, peer) => this.#receive(bytes, peer));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get lastRoom(): Buffer {
    return this.#room;
  }

  /** Each reply has a buffer of its own: libuv may hold it until the socket can be written to. */
  room(length: number): Buffer {
    this.#room = Buffer.allocUnsafe(length);
    return this.#room;
  }

  send(query: ClientQuery, length: number): void {
    if (!this.#open) return;
    const reply = length === this.#room.length ? this.#room : this.#room.subarray(0, length);
    // Without a callback: a datagram that the kernel does not take is lost as one is on the wire.
    this.#socket.send(reply, query.clientPort, query.clientAddress);
  }

  keep(): void {
    // Each message comes in a buffer of its own.
  }

  drop(): void {
    // Nothing is held for a datagram.
  }

  /** Takes no more queries; the socket stays for the answers. */
  deafen(): void {
    if (this.#turnAway === null) this.#socket.removeAllListeners("message");
    else if (this.#open) this.#turnAway();
  }

  /** Closes the socket; answers that come later are thrown away. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await new Promise<void>((resolve) => {
      this.#socket.close(resolve);
    });
  }

  #receive(bytes: Buffer, peer: RemoteInfo): void {
    // Nobody can be answered at port 0; such packets are made to confuse.
    if (peer.port === 0) return;
    const query = this.#spare;
    query.begin(peer.address, peer.port, performance.now());
    if (this.#handler.handle(query, query.read(bytes, Math.min(bytes.length, MAX_QUERY), false)))
      this.#spare = new ClientQuery(this, UDP);
  }
}
