import { ClientQuery } from "../../src/listen/client-query.ts";
import type { Door } from "../../src/listen/door.ts";
import { type RawQuery, rawQuery } from "../support/raw-query.ts";

/** A door that keeps what is sent. */
export class KeepingDoor implements Door {
  readonly way: Door["way"];
  readonly roomAt = 0;
  readonly sent: { readonly query: ClientQuery; readonly reply: Buffer }[] = [];
  /** Those that went beyond what is answered at once. */
  readonly kept: ClientQuery[] = [];
  dropped = 0;
  #room: Buffer = Buffer.alloc(0);

  constructor(datagrams: boolean = true) {
    this.way = { datagrams, keepalive: 300 };
  }

  get lastRoom(): Buffer {
    return this.#room;
  }

  room(length: number): Buffer {
    this.#room = Buffer.alloc(length);
    return this.#room;
  }

  send(query: ClientQuery, length: number): void {
    this.sent.push({ query, reply: this.#room.subarray(0, length) });
  }

  keep(query: ClientQuery): void {
    this.kept.push(query);
  }

  drop(): void {
    this.dropped++;
  }
}

/** For queries whose door is of no interest. */
export const door: Door = new KeepingDoor();

let made = 0;

/** A query as a door would hand it over, and what the view made of it. */
export function clientQuery(
  message: RawQuery,
  through: Door = door,
  address: string = "127.0.0.1",
): { query: ClientQuery; reading: number } {
  const query = new ClientQuery(through, through.way.datagrams ? 0 : 1);
  // Each came by itself: a nanosecond tells them apart where a test holds the clock.
  query.begin(address, 40_000, performance.now() + ++made / 1e6);
  const bytes = rawQuery(message);
  return { query, reading: query.read(bytes, bytes.length, !through.way.datagrams) };
}
