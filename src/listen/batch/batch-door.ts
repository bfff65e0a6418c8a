import { closeSync } from "node:fs";
import type { ReplyWay } from "../../dns/reply-writer.ts";
import { ClientQuery } from "../client-query.ts";
import { type DatagramPort, MAX_QUERY, RECEIVE_BUFFER, UDP, UDP_WAY } from "../datagrams.ts";
import type { Door, QueryHandler } from "../door.ts";
import { ListenError, listenUrl } from "../listen-error.ts";
import { ClientAddresses } from "./client-addresses.ts";
import { Doorbell } from "./doorbell.ts";
import { Inbox } from "./inbox.ts";
import type { Libc } from "./libc.ts";
import { Outbox } from "./outbox.ts";
import { BATCH } from "./slab.ts";
import { adopt, type BoundSocket, canJoin, letShare, openSocket, type Sharing, turnAway } from "./socket.ts";

/** How many batches are taken before the rest of the process has its turn. */
const BATCHES_A_TURN = 4;

/**
 * One UDP socket whose datagrams come and go up to 64 in one system call. On a wildcard address each reply leaves from the
 * address that was asked, by one socket for all of them.
 */
export class BatchDoor implements Door, DatagramPort {
  readonly way: ReplyWay = UDP_WAY;
  readonly port: number;
  roomAt = 0;

  #handler: QueryHandler;
  /** Closed: -1. */
  #fd: number;
  #family: number;
  #libc: Libc;
  #inbox: Inbox;
  #outbox: Outbox;
  #addresses: ClientAddresses;
  #bell: Doorbell | null = null;
  /** Somebody else holds this very socket, and goes on using it. */
  #borrowed: boolean;
  #deaf = false;
  #spare: ClientQuery;
  /** While a batch is answered, and so its replies leave at its end. */
  #receiving = false;
  /** Somebody will send what waits, at the end of this turn. */
  #scheduled = false;

  private constructor(
    libc: Libc,
    socket: BoundSocket,
    wildcard: boolean,
    handler: QueryHandler,
    borrowed: boolean,
  ) {
    const { fd, family, port } = socket;
    this.#handler = handler;
    this.#fd = fd;
    this.#family = family;
    this.#libc = libc;
    this.#borrowed = borrowed;
    this.port = port;
    this.#inbox = new Inbox(libc, fd, family, wildcard, MAX_QUERY);
    this.#outbox = new Outbox(libc, fd, family, wildcard, canJoin(libc, socket));
    this.#addresses = new ClientAddresses(family);
    this.#spare = new ClientQuery(this, UDP);
  }

  /**
   * Opens the socket; `wildcard` when the address means every address of its family. `port` 0 lets the system choose. Throws
   * ListenError (ERR_DOTLS_LISTEN).
   */
  static open(
    libc: Libc,
    address: string,
    port: number,
    wildcard: boolean,
    sharing: Sharing,
    handler: QueryHandler,
  ): BatchDoor {
    const bound = openSocket(libc, {
      transport: "udp",
      address,
      port,
      ipv6Only: true,
      sharing,
      receiveBuffer: RECEIVE_BUFFER,
      destinations: wildcard,
    });
    return BatchDoor.#around(libc, bound, address, wildcard, handler, false);
  }

  /**
   * Takes over a socket that is bound to this one address, and that its owner will use again. Throws ListenError as `open`
   * does.
   */
  static borrow(libc: Libc, bound: BoundSocket, address: string, handler: QueryHandler): BatchDoor {
    return BatchDoor.#around(libc, bound, address, false, handler, true);
  }

  static #around(
    libc: Libc,
    bound: BoundSocket,
    address: string,
    wildcard: boolean,
    handler: QueryHandler,
    borrowed: boolean,
  ): BatchDoor {
    const fd = adopt(libc, bound.fd);
    const door = fd < 0 ? null : new BatchDoor(libc, { ...bound, fd }, wildcard, handler, borrowed);
    if (door !== null) door.#bell = Doorbell.hang(libc, fd, () => door.#receive());
    if (door === null || door.#bell === null) {
      if (fd >= 0) closeSync(fd);
      const cause = Object.assign(new Error("no room for the files of a socket"), { code: "EMFILE" });
      throw new ListenError(listenUrl("udp", address, bound.port), bound.port, cause);
    }
    return door;
  }

  get refused(): number {
    return this.#outbox.refused;
  }

  get lastRoom(): Buffer {
    return this.#outbox.bytes;
  }

  share(shared: boolean): void {
    if (this.#fd >= 0) letShare(this.#libc, this.#fd, shared);
  }

  room(): Buffer {
    this.roomAt = this.#outbox.room();
    return this.#outbox.bytes;
  }

  send(query: ClientQuery, length: number): void {
    if (this.#fd < 0) return;
    if (query.slot >= 0) this.#outbox.pushFrom(this.#inbox.slab, query.slot, length);
    else this.#outbox.push(query.bytes, query.length, length);
    if (this.#receiving || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flushAtEnd);
  }

  drop(): void {
    // The slot that it came in is free as soon as its batch is over.
  }

  /** The message, and behind it the way back, are copied out of the slab. */
  keep(query: ClientQuery): void {
    const { slot, length } = query;
    if (slot < 0) return;
    const { slab } = this.#inbox;
    const own = Buffer.allocUnsafe(length + slab.routeLength);
    const from = slab.payloadAt(slot);
    // By hand: for so few bytes a call costs more.
    for (let i = 0; i < length; i++) own[i] = slab.bytes[from + i]!;
    const route = slab.routeAt(slot);
    for (let i = 0; i < slab.routeLength; i++) own[length + i] = slab.bytes[route + i]!;
    query.bytes = own;
    query.slot = -1;
  }

  deafen(): void {
    if (this.#bell === null || this.#deaf) return;
    this.#deaf = true;
    if (this.#borrowed) {
      // What is in it and what comes is for whoever takes it next.
      void this.#bell.close();
      this.#bell = null;
      return;
    }
    turnAway(this.#libc, { fd: this.#fd, family: this.#family });
    // Whose query has come by now is answered; what another processor was about to put in rings the bell.
    while (this.#receiveBatch());
  }

  async close(): Promise<void> {
    if (this.#fd < 0) return;
    this.#outbox.flush();
    this.#outbox.close();
    const fd = this.#fd;
    this.#fd = -1;
    await this.#bell?.close();
    this.#bell = null;
    closeSync(fd);
  }

  #receive(): void {
    for (let left = BATCHES_A_TURN; left > 0 && this.#bell !== null; left--)
      if (!this.#receiveBatch()) return;
  }

  /** False when there is no more, or less than a whole batch. */
  #receiveBatch(): boolean {
    const count = this.#inbox.receive();
    if (count === 0) return false;
    const now = performance.now();
    this.#receiving = true;
    for (let slot = 0; slot < count; slot++) this.#take(slot, now);
    this.#receiving = false;
    this.#outbox.flush();
    return count === BATCH;
  }

  #take(slot: number, now: number): void {
    const inbox = this.#inbox;
    const port = inbox.port(slot);
    // Nobody can be answered at port 0; such packets are made to confuse. Nor is what was sent to many for us.
    if (port === 0 || !inbox.turnAround(slot)) return;
    const query = this.#spare;
    query.begin(this.#addresses.of(inbox.slab, slot), port, now);
    query.slot = slot;
    const reading = query.read(inbox.payloads[slot]!, inbox.slab.received(slot), false);
    if (this.#handler.handle(query, reading)) this.#spare = new ClientQuery(this, UDP);
  }

  /** At the end of a turn of the event loop, so that all answers that came in it leave in one call. */
  #flushAtEnd = (): void => {
    this.#scheduled = false;
    if (this.#fd >= 0) this.#outbox.flush();
  };
}
