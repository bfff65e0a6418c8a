import type { Target } from "../../upstream/dial.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import type { Failure } from "../../upstream/failure.ts";
import type { TicketStore } from "../../upstream/tickets.ts";
import { HttpsProbe } from "./https-probe.ts";
import { Probe, type Session } from "./probe.ts";

/** Opens a connection as the server does, or says why there is none. `https` null: over TLS alone. */
export function openSession(
  target: Target,
  https: DohOptions | null,
  tickets: TicketStore,
): Promise<Session | Failure> {
  return https === null ? Probe.open(target, tickets) : HttpsProbe.open(target, https, tickets);
}
