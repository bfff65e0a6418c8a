import type { UpstreamSpec } from "../config/config.ts";
import { Connection } from "../upstream/connection.ts";
import type { Designation } from "../upstream/ddr-answer.ts";
import { DdrBook } from "../upstream/ddr-book.ts";
import { DdrLink } from "../upstream/ddr-link.ts";
import { dial } from "../upstream/dial.ts";
import { DohLink } from "../upstream/doh-link.ts";
import type { Link, LinkOwner } from "../upstream/link.ts";
import { Form } from "../upstream/query-writer.ts";
import { raceDial } from "../upstream/race-dial.ts";
import { type TlsShared, tlsTarget } from "../upstream/tls-target.ts";
import type { Open } from "./open.ts";

/** The book of a plain resolver that tells where its encrypted face is (RFC 9462), and the way to that face. */
export function discovered(
  spec: UpstreamSpec,
  address: string,
  shared: TlsShared,
): { book: DdrBook; way: (owner: LinkOwner) => Link } {
  const book = new DdrBook({ address, port: spec.port }, spec.tls.verify);
  const open =
    (designation: Designation): Open =>
    (listener) =>
      raceDial(
        book.whereabouts(designation),
        (at, one) => {
          const found = book.target(designation, at);
          const tls = { ...spec.tls, verify: found.verify };
          const target = tlsTarget({ ...spec, ...found, tls }, shared);
          return dial(target, shared.tickets, one, designation.protocol === "https" ? "h2" : "dot");
        },
        listener,
      );
  const make = (designation: Designation, owner: LinkOwner): Link => {
    const { protocol, port, path } = designation;
    if (protocol === "tls") return new Connection(owner, Form.TLS, open(designation));
    return new DohLink(
      { name: address, address, port },
      { path, method: spec.method },
      open(designation),
      owner,
    );
  };
  return { book, way: (owner) => new DdrLink(owner, book, make) };
}
