import { readCa } from "../config/ca-file.ts";
import type { UpstreamSpec } from "../config/config.ts";
import type { Log } from "../observe/log.ts";
import { Connection } from "../upstream/connection.ts";
import { dial } from "../upstream/dial.ts";
import { DohLink } from "../upstream/doh-link.ts";
import type { Link, LinkOwner } from "../upstream/link.ts";
import { Form } from "../upstream/query-writer.ts";
import { dialTcp } from "../upstream/tcp-dial.ts";
import { TlsShared, tlsTarget } from "../upstream/tls-target.ts";
import { UdpLink } from "../upstream/udp-link.ts";
import { Upstream } from "../upstream/upstream.ts";
import { upstreamLog } from "./upstream-log.ts";

/** Makes servers from what the configuration says of them; they share tickets, anchors and client certificates. */
export class UpstreamFactory {
  /** All that were made, in their order. */
  readonly made: Upstream[] = [];

  #shared: TlsShared;
  #log: Log;

  constructor(log: Log) {
    this.#log = log;
    this.#shared = new TlsShared(readCa, (text) => log.warn(text));
  }

  /** Every address of an upstream is a server of its own, in the order of the configuration. */
  make(spec: UpstreamSpec): Upstream[] {
    const events = upstreamLog(this.#log);
    const upstreams = spec.addresses.map((address) => {
      const label = spec.addresses.length === 1 ? spec.label : `${spec.label} (${address})`;
      const { name, port } = spec;
      const transport = spec.protocol === "udp" ? "udp" : "tcp";
      const place = { transport, address, port, name, padding: spec.padding } as const;
      return new Upstream(label, place, this.#way(spec, address), events);
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
    const target = tlsTarget({ ...spec, address }, this.#shared);
    const { tickets } = this.#shared;
    if (protocol === "https") return (owner) => new DohLink(target, spec, tickets, owner);
    return (owner) => new Connection(owner, Form.TLS, (listener) => dial(target, tickets, listener));
  }
}
