import { onTestFinished } from "vitest";
import { Connection } from "../../src/upstream/connection.ts";
import { type Dialed, type Target, dial } from "../../src/upstream/dial.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import type { Link, LinkOwner } from "../../src/upstream/link.ts";
import { Form } from "../../src/upstream/query-writer.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import type { Place } from "../../src/upstream/place.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";

/** What must be known of a server to reach it; `ca` is PEM. */
export type Reachable = Pick<ScriptedUpstream, "address" | "port" | "name" | "ca">;

/** Where a server is and who it must be. */
export function targetOf(upstream: Reachable, change: Partial<Target> = {}): Target {
  const { address, port, name, ca } = upstream;
  return { address, port, name, pins: [], anchors: new TrustAnchors(ca), minVersion: "TLSv1.2", ...change };
}

/** The same for an Upstream. */
export function placeOf({ address, port, name }: Reachable): Place {
  return { transport: "tcp", address, port, name, padding: 128, encrypted: true };
}

/** Dials once; the connection ends with the test. Gives what became of it. */
export function dialOnce(
  target: Target,
  tickets: TicketStore = new TicketStore(),
): Promise<Dialed | Failure> {
  return new Promise((resolve) => {
    const cancel = dial(target, tickets, { onOpen: resolve, onFailure: resolve, onBytes: () => {} });
    onTestFinished(() => cancel(false));
  });
}

/** `open`, or the kind of the failure and its text. */
export function said(outcome: Dialed | Failure): string {
  return "socket" in outcome ? "open" : `${outcome.kind}: ${outcome.text}`;
}

/** How an Upstream opens links to a server, over TLS. */
export function opener(upstream: Reachable, tickets: TicketStore): (owner: LinkOwner) => Link {
  return (owner) =>
    new Connection(owner, Form.TLS, (listener) => dial(targetOf(upstream), tickets, listener));
}
