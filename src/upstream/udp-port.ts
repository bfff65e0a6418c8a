import { type Socket, createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Exchange } from "./exchange.ts";
import { type Failure, failureOf } from "./failure.ts";
import type { PlainTarget } from "./tcp-dial.ts";

/** A query that was sent from a port and waits for its answer there. */
export interface UdpPending {
  readonly exchange: Exchange;
  readonly id: number;
  /** When it is sent once more, monotonic ms. */
  resendAt: number;
  /** How often it was sent. */
  sent: number;
}

export interface UdpPortListener {
  onPortOpen(): void;
  /** A datagram from the server's address and port; anything else the system keeps away. */
  onDatagram(port: UdpPort, bytes: Buffer): void;
  /** The server cannot be reached, as the network says; the port is closed. */
  onPortFailure(failure: Failure): void;
}

/** So many ids of answered queries are known at the most. */
const MAX_REPEATED = 20_000;

/** What a full queue of the system gives: the datagram is lost, as any may be. */
const lost: ReadonlySet<string> = new Set(["EAGAIN", "ENOBUFS", "ENOMEM"]);

/**
 * One source port towards one server: a connected socket, which takes datagrams of that server alone and hears of ICMP
 * errors. The system chooses the port at random (RFC 6056), and nobody can learn it by knocking at our address.
 */
export class UdpPort {
  /** By id; abandoned ones stay for a while, so that a late answer does not meet another query. */
  readonly pending: Map<number, UdpPending> = new Map();
  /** Ids of queries that may be answered though nobody waits: an answer to them is nothing strange. */
  readonly repeated: Set<number> = new Set();
  readonly openedAt: number;
  /** Queries that were sent from it, repeated ones aside. */
  queries = 0;
  /** Datagrams that answer nothing that was asked from it. */
  strange = 0;

  #socket: Socket;
  #listener: UdpPortListener;
  #state: "opening" | "open" | "closed" = "opening";
  #early: Buffer[] = [];

  constructor(target: PlainTarget, listener: UdpPortListener, now: number) {
    this.openedAt = now;
    this.#listener = listener;
    this.#socket = createSocket(isIPv6(target.address) ? "udp6" : "udp4");
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("message", (bytes) => this.#listener.onDatagram(this, bytes));
    this.#socket.on("connect", () => this.#opened());
    this.#socket.connect(target.port, target.address);
  }

  send(message: Buffer): void {
    if (this.#state === "opening") this.#early.push(message);
    else if (this.#state === "open") {
      this.#socket.send(message, (error: (Error & { code?: string }) | null) => {
        if (error !== null && !lost.has(error.code ?? "")) this.#fail(error);
      });
    }
  }

  /** Another answer with this id may come. */
  repeat(id: number): void {
    // Free ids must be found at the first try; a few strange answers more do no harm.
    if (this.repeated.size >= MAX_REPEATED) this.repeated.clear();
    this.repeated.add(id);
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#early = [];
    this.#socket.close();
  }

  #opened(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#listener.onPortOpen();
    for (const message of this.#early.splice(0)) this.send(message);
  }

  #fail(error: Error): void {
    if (this.#state === "closed") return;
    this.close();
    const failure = failureOf(error, false, Date.now());
    this.#listener.onPortFailure(
      failure.kind === "refused" ? { kind: "refused", text: "nobody listens on the UDP port" } : failure,
    );
  }
}
