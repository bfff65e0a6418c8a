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

/** How often the system is asked for ports, before its last one is said to be taken. */
const CHOICES = 20;

/** All doors of a server: opened together or not at all. */
export class Listeners {
  #urls: string[] = [];
  #udp: DatagramPort[] = [];
  #tcp: TcpDoor[] = [];

  /** How datagrams are received and sent. */
  readonly io: "dgram" | "batch";

  private constructor(io: "dgram" | "batch") {
    this.io = io;
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
    const sockets = await Sockets.choose(how);
    for (let left = CHOICES; ; left--) {
      const opened = new Listeners(sockets.io);
      try {
        await opened.#openAll(sockets, addresses, handler, events);
        return opened;
      } catch (error) {
        await opened.close(0);
        // The port that the system chose for one transport may be in use by the other: it is asked for another one.
        const failed = addresses[opened.urls.length];
        const unlucky = failed?.port === 0 && error instanceof ListenError && error.errno === "EADDRINUSE";
        if (!unlucky || left === 1) throw error;
      }
    }
  }

  async #openAll(
    sockets: Sockets,
    addresses: readonly ListenOn[],
    handler: QueryHandler,
    events: WildcardEvents,
  ): Promise<void> {
    const chosen = new Map<string, number>();
    for (const one of addresses) {
      const { transport, address } = one;
      const other = `${transport === "udp" ? "tcp" : "udp"} ${address}`;
      const shared = one.port === 0 ? chosen.get(other) : undefined;
      const port = shared ?? one.port;
      let real: number;
      if (transport === "tcp") {
        const alone = address === "::" && ipv6Only(one, addresses);
        const door = await sockets.tcp(address, port, alone, handler);
        this.#tcp.push(door);
        real = door.port;
      } else {
        const door = isWildcard(address)
          ? await sockets.everywhere(families(one, addresses), port, handler, events)
          : await sockets.udp(address, port, handler);
        this.#udp.push(door);
        real = door.port;
      }
      // A port is shared by two, not by three.
      if (shared === undefined) chosen.set(`${transport} ${address}`, real);
      else chosen.delete(other);
      this.#urls.push(listenUrl(transport, address, real));
    }
  }

  /** `udp://127.0.0.1:5300` and so on, with the real ports, in the order of the configuration. */
  get urls(): readonly string[] {
    return this.#urls;
  }

  /** Replies over UDP that the kernel did not take, as far as it is known. */
  get refusedReplies(): number {
    return this.#udp.reduce((sum, door) => sum + door.refused, 0);
  }

  /** TCP connections of clients that are open. */
  get tcpClients(): number {
    return this.#tcp.reduce((sum, door) => sum + door.clients, 0);
  }

  /** Takes no more queries; answers to those it has still leave. */
  deafen(): void {
    for (const door of this.#udp) door.deafen();
    for (const door of this.#tcp) door.deafen();
  }

  /** TCP connections of clients. */
  get clients(): number {
    return this.#tcp.reduce((sum, door) => sum + door.clients, 0);
  }

  /** Datagrams that the kernel did not take. */
  get unsent(): number {
    return this.#udp.reduce((sum, door) => sum + door.refused, 0);
  }

  /** Closes all; TCP clients get `patience` ms to read their answers. */
  async close(patience: number): Promise<void> {
    await Promise.all([
      ...this.#tcp.map((door) => door.close(patience)),
      ...this.#udp.map((door) => door.close()),
    ]);
  }
}

/**
 * `::` takes IPv4 as well, as sockets do on most systems, unless the same transport and port has been given an IPv4
 * address of its own.
 */
function ipv6Only(one: ListenOn, all: readonly ListenOn[]): boolean {
  return all.some(
    (other) => other.transport === one.transport && other.port === one.port && !other.address.includes(":"),
  );
}

function families(one: ListenOn, all: readonly ListenOn[]): Families {
  if (one.address === "0.0.0.0") return "IPv4";
  return ipv6Only(one, all) ? "IPv6" : "both";
}
