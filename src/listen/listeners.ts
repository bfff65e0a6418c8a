import type { DatagramPort } from "./datagrams.ts";
import type { QueryHandler } from "./door.ts";
import { ListenError, listenUrl } from "./listen-error.ts";
import { type Families, isWildcard } from "./local-addresses.ts";
import { type ListenHow, Sockets } from "./sockets.ts";
import type { TcpDoor } from "./tcp-door.ts";
import type { WildcardEvents } from "./wildcard-udp.ts";

/** One address to listen on; port 0 lets the system choose. */
export interface ListenOn {
  readonly transport: "udp" | "tcp";
  readonly address: string;
  readonly port: number;
}

/** Other addresses, the doors of which are open beside the old ones until it is decided. */
export interface ListenChange {
  /** In their order, as `Listeners.urls` will be. */
  readonly urls: readonly string[];
  /**
   * The new addresses count from now on. Those that are over take no more queries; what this gives closes them, to be called
   * when their last answers have left, with how long TCP clients may take to read them, in ms.
   */
  commit(): (patience: number) => Promise<void>;
  /** The old ones stay; the new doors are closed. */
  abandon(): Promise<void>;
}

/** An open door. */
interface Opened extends ListenOn {
  /** As it was asked for: which families `::` takes depends on the other addresses. */
  readonly families: Families;
  /** The real one. */
  readonly realPort: number;
  readonly door: DatagramPort | TcpDoor;
}

/** How often the system is asked for ports, before its last one is said to be taken. */
const CHOICES = 20;

/** All doors of a server: opened together or not at all. */
export class Listeners {
  #sockets: Sockets;
  #handler: QueryHandler;
  #events: WildcardEvents;
  #doors: readonly Opened[] = [];

  private constructor(sockets: Sockets, handler: QueryHandler, events: WildcardEvents) {
    this.#sockets = sockets;
    this.#handler = handler;
    this.#events = events;
  }

  /**
   * Opens every address, or none: a server that answers on half of what it was told is a fault that nobody finds.
   * TCP that shares a host with UDP on port 0 gets the port that UDP got. Throws ListenError (ERR_DOTLS_LISTEN), and IoError
   * (ERR_DOTLS_IO) when this machine cannot do it as `how` says.
   */
  static async open(
    addresses: readonly ListenOn[],
    handler: QueryHandler,
    events: WildcardEvents,
    how: ListenHow = { io: "auto", sharing: "alone" },
  ): Promise<Listeners> {
    const listeners = new Listeners(await Sockets.choose(how), handler, events);
    (await listeners.prepare(addresses)).commit();
    return listeners;
  }

  /** How datagrams are received and sent. */
  get io(): "dgram" | "batch" {
    return this.#sockets.io;
  }

  /** `udp://127.0.0.1:5300` and so on, with the real ports, in the order of the configuration. */
  get urls(): readonly string[] {
    return this.#doors.map(urlOf);
  }

  /** Replies over UDP that the kernel did not take, as far as it is known. */
  get refusedReplies(): number {
    return this.#doors.reduce((sum, { door }) => sum + ("refused" in door ? door.refused : 0), 0);
  }

  /** TCP connections of clients that are open. */
  get tcpClients(): number {
    return this.#doors.reduce((sum, { door }) => sum + ("clients" in door ? door.clients : 0), 0);
  }

  /**
   * Opens what is missing of other addresses, all of it or nothing; what is open already is used again, with its clients.
   * Throws as `open` does. One change at a time.
   */
  async prepare(addresses: readonly ListenOn[]): Promise<ListenChange> {
    for (let left = CHOICES; ; left--) {
      const all: Opened[] = [];
      const opened: Opened[] = [];
      try {
        await this.#openAll(addresses, all, opened);
        return this.#change(all, opened);
      } catch (error) {
        await closeAll(opened, 0);
        // The port that the system chose for one transport may be in use by the other: it is asked for another one.
        const failed = addresses[all.length];
        const unlucky = failed?.port === 0 && error instanceof ListenError && error.errno === "EADDRINUSE";
        if (!unlucky || left === 1) throw error;
      }
    }
  }

  /** Takes no more queries; answers to those it has still leave. */
  deafen(): void {
    for (const { door } of this.#doors) door.deafen();
  }

  /**
   * The same where others listen on these addresses as well: nobody who came here is lost. Resolves when no more queries will
   * come.
   */
  async leave(): Promise<void> {
    await Promise.all(this.#doors.map(({ door }) => leave(door)));
  }

  /** Closes all; TCP clients get `patience` ms to read their answers. */
  async close(patience: number): Promise<void> {
    await closeAll(this.#doors, patience);
  }

  #change(all: readonly Opened[], opened: readonly Opened[]): ListenChange {
    return {
      urls: all.map(urlOf),
      commit: () => {
        const over = this.#doors.filter((door) => !all.includes(door));
        this.#doors = all;
        const leaving = over.map(async (one) => {
          const { door } = one;
          if (opened.some((other) => overlaps(other, one, one.realPort))) await leave(door);
          else door.deafen();
        });
        return async (patience) => {
          await Promise.all(leaving);
          await closeAll(over, patience);
        };
      },
      abandon: () => closeAll(opened, 0),
    };
  }

  /** Fills `all` with the doors in their order, and `opened` with those that were not there before, as far as it comes. */
  async #openAll(addresses: readonly ListenOn[], all: Opened[], opened: Opened[]): Promise<void> {
    const chosen = new Map<string, number>();
    for (const one of addresses) {
      const { transport, address } = one;
      const other = `${transport === "udp" ? "tcp" : "udp"} ${address}`;
      const shared = one.port === 0 ? chosen.get(other) : undefined;
      const families = familiesOf(one, addresses);
      let door = this.#doors.find((door) => !all.includes(door) && isSame(door, one, families, shared));
      if (door === undefined) {
        door = await this.#open(one, families, shared);
        opened.push(door);
      }
      // A port is shared by two, not by three.
      if (shared === undefined) chosen.set(`${transport} ${address}`, door.realPort);
      else chosen.delete(other);
      all.push(door);
    }
  }

  async #open(one: ListenOn, families: Families, shared: number | undefined): Promise<Opened> {
    const { transport, address } = one;
    const port = shared ?? one.port;
    const rivals = this.#doors.filter((door) => port !== 0 && overlaps(door, one, port));
    const [rival] = rivals;
    const own = one.port === 0 ? this.#sockets.unshared : this.#sockets;
    const sockets = rival === undefined ? own : this.#sockets.beside(transport);
    if (sockets === null)
      throw ListenError.overlap(urlOf({ transport, address, realPort: port }), port, urlOf(rival!));
    // For that moment alone: else any program of this user could listen there too, and take a part of the queries.
    const opens = this.#sockets.exclusive ? rivals : [];
    for (const { door } of opens) door.share?.(true);
    let door: DatagramPort | TcpDoor;
    try {
      door = await this.#openDoor(sockets, one, families, port);
    } finally {
      for (const { door } of opens) door.share?.(false);
    }
    if (opens.length > 0) door.share?.(false);
    return { ...one, families, realPort: door.port, door };
  }

  #openDoor(
    sockets: Sockets,
    { transport, address }: ListenOn,
    families: Families,
    port: number,
  ): Promise<DatagramPort | TcpDoor> {
    const handler = this.#handler;
    if (transport === "tcp")
      return sockets.tcp(address, port, families === "IPv6" && address === "::", handler);
    if (isWildcard(address)) return sockets.everywhere(families, port, handler, this.#events);
    return sockets.udp(address, port, handler);
  }
}

/** Datagrams go to somebody else at once; those that came before are read. */
async function leave(door: DatagramPort | TcpDoor): Promise<void> {
  if ("leave" in door) await door.leave();
  else door.deafen();
}

function urlOf({ transport, address, realPort }: Pick<Opened, "transport" | "address" | "realPort">): string {
  return listenUrl(transport, address, realPort);
}

async function closeAll(doors: readonly Opened[], patience: number): Promise<void> {
  await Promise.all(doors.map(({ door }) => door.close(patience)));
}

/** Whether a door is what an address asks for; `shared` is the port that it has to have where the system chooses. */
function isSame(door: Opened, one: ListenOn, families: Families, shared: number | undefined): boolean {
  if (door.transport !== one.transport || door.address !== one.address || door.families !== families)
    return false;
  if (one.port === 0) return door.port === 0 && (shared === undefined || shared === door.realPort);
  return door.realPort === one.port;
}

/** Whether the system lets nobody have this address for himself, as a door of ours takes what is sent there. */
function overlaps(door: Opened, { transport, address }: ListenOn, port: number): boolean {
  if (door.transport !== transport || door.realPort !== port) return false;
  return door.address === address || isWildcard(door.address) || isWildcard(address);
}

/**
 * `::` takes IPv4 as well, as sockets do on most systems, unless the same transport and port has been given an IPv4
 * address of its own.
 */
function familiesOf(one: ListenOn, all: readonly ListenOn[]): Families {
  if (!one.address.includes(":")) return "IPv4";
  if (one.address !== "::") return "IPv6";
  const isTaken = all.some(
    (other) => other.transport === one.transport && other.port === one.port && !other.address.includes(":"),
  );
  return isTaken ? "IPv6" : "both";
}
