import type { DatagramPort } from "./datagrams.ts";
import { ListenError } from "./listen-error.ts";
import { type Families, localAddresses } from "./local-addresses.ts";

/** How often the machine's addresses are looked at, in ms. Reading them takes well under a millisecond. */
const WATCH = 2000;

export interface WildcardEvents {
  /** An address came or went; for the log. */
  onAddress(address: string, change: "added" | "removed"): void;
  /** A new address could not be bound. It is tried again. */
  onProblem(error: ListenError): void;
}

/** Opens a socket on one address. Throws ListenError. */
export type OpenOne = (address: string, port: number) => Promise<DatagramPort>;

/**
 * UDP on every local address, by one socket for each: Node does not say which address a datagram was sent to, and a
 * reply from another one is thrown away by the client. Follows addresses that come and go.
 */
export class WildcardUdp implements DatagramPort {
  readonly port: number;

  #families: Families;
  #open: OpenOne;
  #events: WildcardEvents;
  #doors: Map<string, DatagramPort>;
  #failed = new Set<string>();
  /** No more queries are taken, and so no more addresses. */
  #deaf = false;
  #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();

  private constructor(
    families: Families,
    port: number,
    doors: Map<string, DatagramPort>,
    open: OpenOne,
    events: WildcardEvents,
  ) {
    this.#families = families;
    this.port = port;
    this.#doors = doors;
    this.#open = open;
    this.#events = events;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, WATCH);
    this.#timer.unref();
  }

  /**
   * Opens a socket on each local address, or none: throws ListenError (ERR_DOTLS_LISTEN) when one cannot be had. An address
   * that the kernel does not give out yet, as happens when a machine starts, is followed like one that comes later.
   */
  static async open(
    families: Families,
    port: number,
    open: OpenOne,
    events: WildcardEvents,
  ): Promise<WildcardUdp> {
    const { addresses, optional } = localAddresses(families);
    const doors = new Map<string, DatagramPort>();
    let chosen = port;
    try {
      for (const address of addresses) {
        try {
          const door = await open(address, chosen);
          chosen = door.port;
          doors.set(address, door);
        } catch (error) {
          if (!optional.has(address) && !isNotThereYet(error)) throw error;
        }
      }
    } catch (error) {
      await Promise.all([...doors.values()].map((door) => door.close()));
      throw error;
    }
    return new WildcardUdp(families, chosen, doors, open, events);
  }

  get refused(): number {
    return [...this.#doors.values()].reduce((sum, door) => sum + door.refused, 0);
  }

  share(shared: boolean): void {
    for (const door of this.#doors.values()) door.share?.(shared);
  }

  /** Takes no more queries and no more addresses; the sockets stay for the answers. */
  deafen(): void {
    this.#deaf = true;
    clearInterval(this.#timer);
    for (const door of this.#doors.values()) door.deafen();
  }

  async close(): Promise<void> {
    this.#deaf = true;
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all([...this.#doors.values()].map((door) => door.close()));
  }

  async #look(): Promise<void> {
    let local: ReturnType<typeof localAddresses>;
    try {
      local = localAddresses(this.#families);
    } catch {
      // To look takes a socket, and there is no room for one at this moment.
      return;
    }
    const { addresses, optional } = local;
    // The optional ones are tried when loopback comes up and at no other time: systemd-resolved must find its own free.
    const loopbackIsNew = addresses.includes(LOOPBACK) && !this.#doors.has(LOOPBACK);
    for (const address of addresses) {
      if (this.#deaf) return;
      const extra = optional.has(address);
      if (this.#doors.has(address) || (extra && !loopbackIsNew)) continue;
      try {
        const door = await this.#open(address, this.port);
        this.#doors.set(address, door);
        if (this.#deaf) door.deafen();
        this.#failed.delete(address);
        this.#tell(address, "added");
      } catch (error) {
        if (extra || isNotThereYet(error) || this.#failed.has(address)) continue;
        this.#failed.add(address);
        if (error instanceof ListenError) this.#events.onProblem(error);
      }
    }
    for (const [address, door] of this.#doors) {
      if (addresses.includes(address)) continue;
      this.#doors.delete(address);
      await door.close();
      this.#tell(address, "removed");
    }
  }

  /** One line for loopback is enough. */
  #tell(address: string, change: "added" | "removed"): void {
    if (address === LOOPBACK || !address.startsWith("127.")) this.#events.onAddress(address, change);
  }
}

const LOOPBACK = "127.0.0.1";

/** A new IPv6 address cannot be bound while the kernel still checks that nobody else has it (RFC 4862 section 5.4). */
function isNotThereYet(error: unknown): boolean {
  return error instanceof ListenError && error.errno === "EADDRNOTAVAIL";
}
