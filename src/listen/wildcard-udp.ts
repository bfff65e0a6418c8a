import type { QueryHandler } from "./door.ts";
import { ListenError } from "./listen-error.ts";
import { type Families, localAddresses } from "./local-addresses.ts";
import { UdpDoor } from "./udp-door.ts";

/** How often the machine's addresses are looked at, in ms. Reading them takes well under a millisecond. */
const WATCH = 2000;

export interface WildcardEvents {
  /** An address came or went; for the log. */
  onAddress(address: string, change: "added" | "removed"): void;
  /** A new address could not be bound. It is tried again. */
  onProblem(error: ListenError): void;
}

/**
 * UDP on every local address, by one socket for each: Node does not say which address a datagram was sent to, and a
 * reply from another one is thrown away by the client. Follows addresses that come and go.
 */
export class WildcardUdp {
  readonly port: number;

  #families: Families;
  #handler: QueryHandler;
  #events: WildcardEvents;
  #doors: Map<string, UdpDoor>;
  #failed = new Set<string>();
  #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();

  private constructor(
    families: Families,
    port: number,
    doors: Map<string, UdpDoor>,
    handler: QueryHandler,
    events: WildcardEvents,
  ) {
    this.#families = families;
    this.port = port;
    this.#doors = doors;
    this.#handler = handler;
    this.#events = events;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, WATCH);
    this.#timer.unref();
  }

  /** Opens a socket on each local address, or none: throws ListenError (ERR_DOTLS_LISTEN) when one cannot be had. */
  static async open(
    families: Families,
    port: number,
    handler: QueryHandler,
    events: WildcardEvents,
  ): Promise<WildcardUdp> {
    const { addresses, optional } = localAddresses(families);
    const doors = new Map<string, UdpDoor>();
    let chosen = port;
    try {
      for (const address of addresses) {
        try {
          const door = await UdpDoor.open(address, chosen, handler);
          chosen = door.port;
          doors.set(address, door);
        } catch (error) {
          if (!optional.has(address)) throw error;
        }
      }
    } catch (error) {
      await Promise.all([...doors.values()].map((door) => door.close()));
      throw error;
    }
    return new WildcardUdp(families, chosen, doors, handler, events);
  }

  get addresses(): string[] {
    return [...this.#doors.keys()];
  }

  /** Takes no more queries and no more addresses; the sockets stay for the answers. */
  deafen(): void {
    clearInterval(this.#timer);
    for (const door of this.#doors.values()) door.deafen();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all([...this.#doors.values()].map((door) => door.close()));
  }

  async #look(): Promise<void> {
    const { addresses, optional } = localAddresses(this.#families);
    for (const address of addresses) {
      if (this.#doors.has(address) || optional.has(address)) continue;
      try {
        this.#doors.set(address, await UdpDoor.open(address, this.port, this.#handler));
        this.#failed.delete(address);
        this.#events.onAddress(address, "added");
      } catch (error) {
        // A new IPv6 address cannot be bound while the kernel still checks that nobody else has it: look again.
        if (error instanceof ListenError && !this.#failed.has(address)) this.#events.onProblem(error);
        this.#failed.add(address);
      }
    }
    for (const [address, door] of this.#doors) {
      if (addresses.includes(address)) continue;
      this.#doors.delete(address);
      await door.close();
      this.#events.onAddress(address, "removed");
    }
  }
}
