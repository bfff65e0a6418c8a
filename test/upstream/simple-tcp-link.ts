import type { Socket } from "node:net";
import { FrameReader } from "../../src/dns/frames.ts";
import { readU16 } from "../../src/dns/header.ts";
import type { Dialed } from "../../src/upstream/dial.ts";
import type { Exchange } from "../../src/upstream/exchange.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import type { Link, LinkOwner } from "../../src/upstream/link.ts";
import type { QuerySource } from "../../src/upstream/plain-query-writer.ts";
import { type PlainTarget, dialTcp } from "../../src/upstream/tcp-dial.ts";

/** The least that a link over TCP can be: what the UDP link needs of it, without the rules of a real one. */
export class SimpleTcpLink implements Link {
  state: "connecting" | "open" | "over" = "connecting";
  answered = 0;
  readonly askedAt = 0;
  readonly #owner: LinkOwner;
  readonly #exchanges = new Map<number, Exchange>();
  readonly #cancel: (politely: boolean) => void;
  #next = 0;
  #early: Buffer[] = [];
  #write: ((bytes: Buffer) => void) | null = null;

  constructor(target: PlainTarget, owner: LinkOwner) {
    this.#owner = owner;
    const frames = new FrameReader({
      onFrame: (bytes, start, end) => {
        const exchange = this.#exchanges.get(readU16(bytes, start));
        this.#exchanges.delete(readU16(bytes, start));
        if (exchange?.abandoned === false && exchange.answered(bytes, start, end))
          owner.onAnswer(this, exchange);
        return true;
      },
    });
    this.#cancel = dialTcp(target, {
      onOpen: ({ socket }: Dialed<Socket>) => {
        this.state = "open";
        this.#write = (bytes) => void socket.write(bytes);
        for (const bytes of this.#early) socket.write(bytes);
        socket.once("close", () => this.#end({ kind: "closed", text: "closed by the server" }));
      },
      onFailure: (failure) => this.#end(failure),
      onBytes: (bytes, length) => void frames.push(bytes, length),
    });
  }

  get load(): number {
    return this.#exchanges.size;
  }

  ask(exchange: Exchange): void {
    this.#next++;
    const source: QuerySource = exchange;
    const bytes = Buffer.alloc(2 + source.length("plain"));
    source.write(bytes, 2, "plain");
    bytes.writeUInt16BE(bytes.length - 2);
    bytes.writeUInt16BE(this.#next, 2);
    this.#exchanges.set(this.#next, exchange);
    if (this.#write === null) this.#early.push(bytes);
    else this.#write(bytes);
  }

  abandon(exchange: Exchange): void {
    exchange.abandoned = true;
  }

  held(): Exchange[] {
    return [...this.#exchanges.values()].filter(({ abandoned }) => !abandoned);
  }

  close(): void {
    this.#end({ kind: "closed", text: "closed by dotls" });
  }

  #end(failure: Failure): void {
    if (this.state === "over") return;
    const lost = this.held();
    this.state = "over";
    this.#cancel(false);
    this.#owner.onEnd(this, failure, true, lost.length);
    for (const exchange of lost) exchange.lost(failure, false);
  }
}
