import { readCa } from "../config/ca-file.ts";
import type { CaSource, UpstreamSpec } from "../config/config.ts";
import type { Log } from "../observe/log.ts";
import { Connection } from "../upstream/connection.ts";
import { dial } from "../upstream/dial.ts";
import { DohLink } from "../upstream/doh-link.ts";
import type { Link, LinkOwner } from "../upstream/link.ts";
import { Form } from "../upstream/query-writer.ts";
import { dialTcp } from "../upstream/tcp-dial.ts";
import { TicketStore } from "../upstream/tickets.ts";
import { TrustAnchors } from "../upstream/trust-anchors.ts";
import { UdpLink } from "../upstream/udp-link.ts";
import { Upstream } from "../upstream/upstream.ts";
import { upstreamLog } from "./upstream-log.ts";

/** Makes servers from what the configuration says of them; they share tickets and anchors. */
export class UpstreamFactory {
  /** All that were made, in their order. */
  readonly made: Upstream[] = [];

  #tickets = new TicketStore();
  #anchors = new Map<string, TrustAnchors>();
  #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Every address of an upstream is a server of its own, in the order of the configuration. */
  make(spec: UpstreamSpec): Upstream[] {
    const events = upstreamLog(this.#log);
    const upstreams = spec.addresses.map((address) => {
      const label = spec.addresses.length === 1 ? spec.label : `${spec.label} (${address})`;
      const { name, port } = spec;
      const transport = spec.protocol === "udp" ? "udp" : "tcp";
      return new Upstream(label, { transport, address, port, name }, this.#way(spec, address), events);
    });
    this.made.push(...upstreams);
    return upstreams;
  }

  /** How the server at this address is reached. */
  #way(spec: UpstreamSpec, address: string): (owner: LinkOwner) => Link {
    const { protocol } = spec;
    if (protocol === "udp" || protocol === "tcp") {
      const plain = { address, port: spec.port };
      const overTcp = (owner: LinkOwner): Link =>
        new Connection(owner, Form.TCP, (listener) => dialTcp(plain, listener));
      return protocol === "tcp" ? overTcp : (owner) => new UdpLink(plain, overTcp, owner);
    }
    const target = {
      address,
      port: spec.port,
      name: spec.name,
      pins: spec.pins,
      anchors: this.#anchorsOf(spec.tls.ca),
      minVersion: spec.tls.minVersion,
    };
    if (protocol === "https") return (owner) => new DohLink(target, spec, this.#tickets, owner);
    return (owner) => new Connection(owner, Form.TLS, (listener) => dial(target, this.#tickets, listener));
  }

  #anchorsOf(source: CaSource): TrustAnchors {
    const key = JSON.stringify(source);
    const known = this.#anchors.get(key) ?? new TrustAnchors(readCa(source));
    this.#anchors.set(key, known);
    return known;
  }
}
