import { faultOfCa, readCa } from "../config/ca-file.ts";
import type { CaSource, Config, UpstreamSpec } from "../config/config.ts";
import type { DesignatedFace } from "../control/status.ts";
import type { Log } from "../observe/log.ts";
import { AddressBook, type AddressFinder } from "../upstream/address-book.ts";
import { AddressStore } from "../upstream/address-store.ts";
import { Bootstrap } from "../upstream/bootstrap.ts";
import { Connection } from "../upstream/connection.ts";
import type { DdrBook } from "../upstream/ddr-book.ts";
import { type DialListener, type TlsProtocol, dial } from "../upstream/dial.ts";
import { DohLink } from "../upstream/doh-link.ts";
import type { Link, LinkOwner } from "../upstream/link.ts";
import { LinkRoom } from "../upstream/link-room.ts";
import type { Place } from "../upstream/place.ts";
import { Form } from "../upstream/query-writer.ts";
import { raceDial } from "../upstream/race-dial.ts";
import { dialTcp } from "../upstream/tcp-dial.ts";
import { TlsShared, tlsTarget } from "../upstream/tls-target.ts";
import { UdpLink } from "../upstream/udp-link.ts";
import { Upstream, type UpstreamEvents } from "../upstream/upstream.ts";
import { discovered } from "./ddr-upstream.ts";
import type { Open } from "./open.ts";
import { upstreamLog } from "./upstream-log.ts";

/** A server with how many leases it is in. */
interface Leased {
  readonly upstream: Upstream;
  /** All that was configured of it. */
  readonly key: string;
  readonly protocol: UpstreamSpec["protocol"];
  leases: number;
}

/**
 * Makes servers from what the configuration says of them; they share tickets, anchors, client certificates, and what is
 * known of their addresses. One that is asked for again in the very same words is given again, with its connections.
 */
export class UpstreamFactory {
  #log: Log;
  #onBack: () => void;
  #room = new LinkRoom();
  #shared: TlsShared;
  #bootstrap: Bootstrap;
  #store: AddressStore | null;
  #books = new Map<string, AddressBook>();
  #faces = new Map<Upstream, DdrBook>();
  #leased = new Map<Upstream, Leased>();

  /** `onBack` is called when a server that did not work works again. */
  constructor(config: Config, log: Log, onBack: () => void = () => {}) {
    this.#log = log;
    this.#onBack = onBack;
    this.#shared = new TlsShared(anchorsOf, (text) => log.warn(text));
    this.#bootstrap = new Bootstrap(config.bootstrap);
    this.#store = config.state === null ? null : new AddressStore(config.state, (text) => log.warn(text));
  }

  /** Takes over what a new configuration says of all servers. */
  follow({ bootstrap }: Config): void {
    this.#bootstrap = new Bootstrap(bootstrap);
  }

  /**
   * Every address of an upstream is a server of its own, in the order of the configuration; one that is known by name is
   * one server, whose addresses are raced. `held`: those that are not to be given, as who asks has them already. Each is
   * to be given back.
   */
  lease(spec: UpstreamSpec, held: readonly Upstream[]): Upstream[] {
    const { addresses } = spec;
    if (addresses.length === 0)
      return [this.#lease(spec, null, held, () => this.#named(spec, spec.name ?? ""))];
    return addresses.map((address) =>
      this.#lease(spec, address, held, () =>
        spec.ddr ? this.#designated(spec, address) : this.#at(spec, address),
      ),
    );
  }

  /** What is spoken with a server that is leased. */
  protocolOf(upstream: Upstream): UpstreamSpec["protocol"] {
    return this.#leased.get(upstream)!.protocol;
  }

  /** With DDR, where the encrypted face is that is used; null: none is known. */
  faceOf(upstream: Upstream): DesignatedFace | null {
    return this.#faces.get(upstream)?.inUse ?? null;
  }

  /** Takes a server back; without another lease it is closed and forgotten. */
  release(upstream: Upstream): void {
    const leased = this.#leased.get(upstream);
    if (leased === undefined || --leased.leases > 0) return;
    this.#leased.delete(upstream);
    upstream.retire();
    this.#faces.get(upstream)?.stop();
    this.#faces.delete(upstream);
  }

  /** The network changed: addresses may be others, and reachable by other families. */
  renew(): void {
    for (const book of [...this.#books.values(), ...this.#faces.values()]) book.renew();
  }

  /** Looks nothing up any more; resolves when what is known is on disk. */
  async stop(): Promise<void> {
    for (const book of [...this.#books.values(), ...this.#faces.values()]) book.stop();
    await this.#store?.flush();
  }

  #lease(
    spec: UpstreamSpec,
    address: string | null,
    held: readonly Upstream[],
    make: () => Upstream,
  ): Upstream {
    const key = JSON.stringify([spec, address]);
    for (const leased of this.#leased.values()) {
      if (leased.key !== key || held.includes(leased.upstream)) continue;
      leased.leases++;
      return leased.upstream;
    }
    const upstream = make();
    this.#leased.set(upstream, { upstream, key, protocol: spec.protocol, leases: 1 });
    return upstream;
  }

  #at(spec: UpstreamSpec, address: string): Upstream {
    const label = spec.addresses.length === 1 ? spec.label : `${spec.label} (${address})`;
    const { name, port, padding, protocol } = spec;
    const transport = protocol === "udp" ? "udp" : "tcp";
    const encrypted = protocol !== "udp" && protocol !== "tcp";
    const place = { transport, address, port, name, padding, encrypted } as const;
    if (!encrypted) {
      return new Upstream(label, place, plainWay(address, port, protocol), this.#events(false), this.#room);
    }
    const open = this.#dialer(spec, address);
    return new Upstream(label, place, secureWay(spec, address, open), this.#events(true), this.#room);
  }

  #named(spec: UpstreamSpec, name: string): Upstream {
    const { port, padding, tls } = spec;
    // Where they are dialled nobody could be told that they cannot be read.
    if (tls.verify !== "none") this.#shared.anchors(tls.ca);
    const book = this.#book(name);
    // Each address keeps its target, and so what was learned of it.
    const dialers = new Map<string, Open>();
    const dialOne = (address: string, listener: DialListener): ReturnType<Open> => {
      const known = dialers.get(address) ?? this.#dialer(spec, address);
      dialers.set(address, known);
      return known(listener);
    };
    const open: Open = (listener) => raceDial(book, dialOne, listener);
    const place: Place = {
      transport: "tcp",
      get address() {
        return book.current ?? name;
      },
      port,
      name,
      padding,
      encrypted: true,
    };
    return new Upstream(spec.label, place, secureWay(spec, name, open), this.#events(true), this.#room);
  }

  #designated(spec: UpstreamSpec, address: string): Upstream {
    // As above; and whatever the configuration says, it may have to prove who it is.
    this.#shared.anchors(spec.tls.ca);
    const { port, padding } = spec;
    const { book, way } = discovered(spec, address, this.#shared);
    const place = { transport: "tcp", address, port, name: null, padding, encrypted: true } as const;
    const upstream = new Upstream(spec.label, place, way, this.#events(true), this.#room);
    this.#faces.set(upstream, book);
    return upstream;
  }

  #events(encrypted: boolean): UpstreamEvents {
    return upstreamLog(this.#log, encrypted, this.#onBack);
  }

  #dialer(spec: UpstreamSpec, address: string): Open {
    const target = tlsTarget({ ...spec, address }, this.#shared);
    const protocol: TlsProtocol = spec.protocol === "https" ? "h2" : "dot";
    return (listener) => dial(target, this.#shared.tickets, listener, protocol);
  }

  /** Upstreams of one name share what is known of it. */
  #book(name: string): AddressBook {
    // By way of us, as the bootstrap resolvers may become others.
    const finder: AddressFinder = { lookup: (...asked) => this.#bootstrap.lookup(...asked) };
    const book = this.#books.get(name) ?? new AddressBook(name, finder, this.#store);
    this.#books.set(name, book);
    return book;
  }
}

/** A broken certificate in a file of anchors would be trust that is missing: nothing of such a file is taken. */
function anchorsOf(source: CaSource): string | null {
  const fault = faultOfCa(source);
  if (fault !== null) throw new Error(fault);
  return readCa(source);
}

function secureWay(spec: UpstreamSpec, address: string, open: Open): (owner: LinkOwner) => Link {
  const { name, port } = spec;
  if (spec.protocol === "https") return (owner) => new DohLink({ name, address, port }, spec, open, owner);
  return (owner) => new Connection(owner, Form.TLS, open);
}

function plainWay(address: string, port: number, protocol: "udp" | "tcp"): (owner: LinkOwner) => Link {
  const plain = { address, port };
  const overTcp = (owner: LinkOwner): Link =>
    new Connection(owner, Form.TCP, (listener) => dialTcp(plain, listener));
  return protocol === "tcp" ? overTcp : (owner) => new UdpLink(plain, overTcp, owner);
}
