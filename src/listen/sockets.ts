import { isIPv6 } from "node:net";
import { BatchDoor } from "./batch/batch-door.ts";
import { AF_INET, AF_INET6 } from "./batch/layout.ts";
import { type Libc, loadLibc } from "./batch/libc.ts";
import { letShare, openSocket, overhearNewcomers, type Sharing, turnAway } from "./batch/socket.ts";
import { type DatagramPort, RECEIVE_BUFFER } from "./datagrams.ts";
import type { QueryHandler } from "./door.ts";
import { IoError } from "./io-error.ts";
import { ListenError } from "./listen-error.ts";
import type { Families } from "./local-addresses.ts";
import type { PassedSocket } from "./passed-socket.ts";
import { TcpDoor } from "./tcp-door.ts";
import { UdpDoor } from "./udp-door.ts";
import { type WildcardEvents, WildcardUdp } from "./wildcard-udp.ts";

/** How datagrams are received and sent: `dgram` one by one, `batch` up to 64 in one call, `auto` in batches where that is possible. */
export type Io = "auto" | "dgram" | "batch";

/** How sockets are to be opened. */
export interface ListenHow {
  readonly io: Io;
  /** Sockets that are there already: they are used for the addresses that they have. */
  readonly passed?: readonly PassedSocket[];
  /** `later`: as `alone`, and where that is possible, with ourselves when addresses change. */
  readonly sharing: Sharing | "later";
  /** Another process, that of our successor or predecessor, may listen on the same ports. */
  readonly processes?: boolean;
}

/** Opens sockets in one of the ways that this machine has. */
export class Sockets {
  /** How datagrams go. */
  readonly io: "dgram" | "batch";
  #libc: Libc | null;
  #sharing: Sharing;
  /** Nobody shares our ports but we ourselves, while addresses change. */
  readonly exclusive: boolean;
  /** Whether other processes may be there. */
  readonly processes: boolean;
  /** Those that are not used yet. */
  #passed: readonly PassedSocket[];

  private constructor(
    io: "dgram" | "batch",
    libc: Libc | null,
    sharing: Sharing,
    passed: readonly PassedSocket[] = [],
    processes: boolean = false,
    exclusive: boolean = false,
  ) {
    this.io = io;
    this.#libc = libc;
    this.#sharing = sharing;
    this.#passed = passed;
    this.processes = processes;
    this.exclusive = exclusive;
  }

  /**
   * Throws IoError (ERR_DOTLS_IO) when batches, or sockets that share a port, are asked for and cannot be had. Node's own way to
   * share a port is enough for threads, which end together. It has none to leave a port that goes on being used by others.
   */
  static async choose(
    { io, sharing, passed, processes = false }: ListenHow,
    load: typeof loadLibc = loadLibc,
  ): Promise<Sockets> {
    const shared = sharing === "first" || sharing === "join";
    if (io === "dgram" && !shared && !processes) return new Sockets("dgram", null, "alone", passed);
    const libc = await load();
    if (typeof libc !== "string") {
      const exclusive = sharing === "later" && !processes;
      const way = processes ? "join" : sharing === "later" ? "alone" : sharing;
      return new Sockets(io === "dgram" ? "dgram" : "batch", libc, way, passed, processes, exclusive);
    }
    if (io === "batch") throw new IoError(`datagrams cannot be received and sent in batches: ${libc}`);
    if (processes)
      throw new IoError(`shareListeners: two processes cannot listen on one port without koffi: ${libc}`);
    if (shared && !nodeCanShare) {
      throw new IoError(
        `several threads cannot listen on one port: Node.js ${process.version} needs koffi for that: ${libc}`,
      );
    }
    return new Sockets("dgram", null, sharing === "later" ? "alone" : sharing, passed);
  }

  /** For a port that the system is to choose: one that nobody has. */
  get unshared(): Sockets {
    return this.processes ? new Sockets(this.io, this.#libc, "first", this.#passed, true) : this;
  }

  /**
   * For an address that overlaps with one of our own that is open: null when that cannot be had without losing queries, as
   * of the two sockets one would get them that is not read any more.
   */
  beside(transport: "udp" | "tcp"): Sockets | null {
    const possible =
      (this.exclusive || this.#sharing !== "alone") && (transport === "tcp" || this.io === "batch");
    return possible ? new Sockets(this.io, this.#libc, "join", [], this.processes) : null;
  }

  /** UDP on one address. Throws ListenError. */
  async udp(
    address: string,
    port: number,
    handler: QueryHandler,
    sharing: Sharing = this.#sharing,
  ): Promise<DatagramPort> {
    const libc = this.#libc;
    const family = isIPv6(address) ? AF_INET6 : AF_INET;
    const passed = this.#take("udp", address, port);
    if (passed !== null) {
      if (libc === null || this.io === "dgram") return UdpDoor.adopt(passed.fd, address, handler);
      return BatchDoor.borrow(libc, { fd: passed.fd, family, port }, address, handler);
    }
    if (libc === null) return UdpDoor.open(address, port, sharing !== "alone", handler);
    if (this.io === "batch") return BatchDoor.open(libc, address, port, false, sharing, handler);
    const { fd } = openSocket(libc, {
      transport: "udp",
      address,
      port,
      ipv6Only: true,
      sharing,
      receiveBuffer: RECEIVE_BUFFER,
    });
    return UdpDoor.adopt(fd, address, handler, () => turnAway(libc, { fd, family }));
  }

  /** UDP on every local address. Throws ListenError. */
  async everywhere(
    families: Families,
    port: number,
    handler: QueryHandler,
    events: WildcardEvents,
  ): Promise<DatagramPort> {
    if (this.io === "batch") {
      try {
        return await this.#wildcards(families, port, handler);
      } catch (error) {
        // Somebody has one of the addresses, as systemd-resolved has 127.0.0.53: one by one the others can be had.
        if (!(error instanceof ListenError) || error.errno !== "EADDRINUSE") throw error;
      }
    }
    let sharing = this.#sharing;
    const open = (address: string, chosen: number): Promise<DatagramPort> =>
      this.udp(address, chosen, handler, sharing);
    const doors = await WildcardUdp.open(families, port, open, events);
    // At an address that comes later, another thread may be there first.
    if (sharing === "first") sharing = "join";
    return doors;
  }

  /** TCP on one address. Throws ListenError. */
  async tcp(address: string, port: number, ipv6Only: boolean, handler: QueryHandler): Promise<TcpDoor> {
    const passed = this.#take("tcp", address, port);
    if (passed !== null) return TcpDoor.open(address, port, ipv6Only, handler, { fd: passed.fd });
    const sharing = this.#sharing;
    if (sharing === "alone" && !this.exclusive) return TcpDoor.open(address, port, ipv6Only, handler);
    if (this.#libc === null) return TcpDoor.open(address, port, ipv6Only, handler, { reusePort: true });
    const options = { transport: "tcp", address, port, ipv6Only, sharing, receiveBuffer: 0 } as const;
    const libc = this.#libc;
    const { fd } = openSocket(libc, options);
    const overhear = (): void => void overhearNewcomers(libc, fd);
    const share = (shared: boolean): void => letShare(libc, fd, shared);
    return TcpDoor.open(address, port, ipv6Only, handler, { fd, overhear, share });
  }

  /** The socket that was passed for an address, once. */
  #take(transport: "udp" | "tcp", address: string, port: number): PassedSocket | null {
    const found = this.#passed.find(
      (one) => one.transport === transport && one.address === address && one.port === port,
    );
    this.#passed = this.#passed.filter((one) => one !== found);
    return found ?? null;
  }

  /** One socket for each family. */
  async #wildcards(families: Families, port: number, handler: QueryHandler): Promise<DatagramPort> {
    const doors: BatchDoor[] = [];
    const open = (address: string): void => {
      const chosen = doors[0]?.port ?? port;
      doors.push(BatchDoor.open(this.#libc!, address, chosen, true, this.#sharing, handler));
    };
    try {
      if (families !== "IPv6") open("0.0.0.0");
      if (families !== "IPv4") open("::");
    } catch (error) {
      const noIPv6 = error instanceof ListenError && error.errno === "EAFNOSUPPORT";
      if (!noIPv6 || doors.length === 0) {
        await Promise.all(doors.map((door) => door.close()));
        throw error;
      }
    }
    return new Several(doors);
  }
}

/** Node has had an option for SO_REUSEPORT since 22.12 and 23.1. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const nodeCanShare = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);

/** Several sockets with one port. */
class Several implements DatagramPort {
  readonly port: number;
  #doors: readonly DatagramPort[];

  constructor(doors: readonly DatagramPort[]) {
    this.#doors = doors;
    this.port = doors[0]!.port;
  }

  get refused(): number {
    return this.#doors.reduce((sum, door) => sum + door.refused, 0);
  }

  share(shared: boolean): void {
    for (const door of this.#doors) door.share?.(shared);
  }

  deafen(): void {
    for (const door of this.#doors) door.deafen();
  }

  async close(): Promise<void> {
    await Promise.all(this.#doors.map((door) => door.close()));
  }
}
