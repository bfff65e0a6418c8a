import { QueryView } from "../dns/query-view.ts";
import type { ExtraError, OwnRecords } from "../dns/reply-writer.ts";
import type { Door } from "./door.ts";

/**
 * A query with what the path needs to know of it from its arrival to its end. Doors use one object again for each
 * message until a handler keeps it, so an answer that is given at once leaves no garbage.
 */
export class ClientQuery extends QueryView {
  readonly door: Door;
  /** One of `Transport` in observe/outcome.ts: 0 UDP, 1 TCP. */
  readonly transport: number;
  clientAddress = "";
  clientPort = 0;
  /** Monotonic milliseconds. */
  receivedAt = 0;
  /** Where in its door's memory it is, while it is there; -1: its bytes are its own. */
  slot = -1;

  // How it ended, for the observers.
  duration = 0;
  /** -1 until a reply is sent. */
  rcode = -1;
  replySize = 0;
  /** One of `Source` in observe/outcome.ts. */
  source = 0;
  server: string | null = null;
  clear = false;
  error: string | null = null;
  // Of meaning only when a server answered; all in whole microseconds.
  waitUs = 0;
  connectUs = 0;
  tlsUs = 0;
  sendUs = 0;
  answerUs = 0;

  /** With an answer of our own: the extended error that goes with it. */
  extra: ExtraError | null = null;
  /** With an answer of our own: its records; null for an error, which has none. */
  records: OwnRecords | null = null;
  /** The next client that waits for the same answer. */
  follower: ClientQuery | null = null;
  /** Whether what a server answers may be kept for others. */
  cacheable = false;
  /** Whether memory had something for it when it came: what is to be told of its end is looked for only then. */
  known = false;
  /** Nobody waits for its answer any more, or ever has. */
  settled = false;

  constructor(door: Door, transport: number) {
    super();
    this.door = door;
    this.transport = transport;
  }

  get querySize(): number {
    return this.length;
  }

  /** Makes the query independent of its door's memory. To be called before it waits for anything. */
  retain(): void {
    this.door.keep(this);
  }

  /** Forgets how an earlier message in this object ended. */
  begin(address: string, port: number, now: number): void {
    this.clientAddress = address;
    this.clientPort = port;
    this.receivedAt = now;
    this.duration = 0;
    this.rcode = -1;
    this.replySize = 0;
    this.source = 0;
    this.server = null;
    this.clear = false;
    this.error = null;
    this.extra = null;
    this.records = null;
    this.follower = null;
    this.cacheable = false;
    this.known = false;
    this.settled = false;
  }
}
