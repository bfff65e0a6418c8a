import type { Dialed, Target } from "../../upstream/dial.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import type { TicketStore } from "../../upstream/tickets.ts";
import { milliseconds } from "../query/footer.ts";
import { caseFinding } from "./answers.ts";
import { type Finding, finding, rounded } from "./finding.ts";
import { openSession } from "./probes.ts";
import { mixedCase, question } from "./questions.ts";

/**
 * Opens a second connection with the ticket of the first, and asks one question alone on it. `tickets` are those that the
 * first one earned, `timeout` is in ms.
 */
export async function secondConnection(
  target: Target,
  https: DohOptions | null,
  tickets: TicketStore,
  name: string,
  timeout: number,
): Promise<Finding[]> {
  const second = await openSession(target, https, tickets);
  if ("kind" in second) {
    const refused = finding("resumption", "warn", `a second connection came to nothing: ${second.text}`, {
      facts: { resumed: null },
      advice: "The server may limit connections, or stumble over tickets of its own.",
    });
    return [refused];
  }
  const mixed = question(mixedCase(name));
  const cased = (await second.ask([mixed], timeout))[0]!;
  second.close();
  return [resumptionFinding(second.dialed, target), caseFinding(mixed, cased)];
}

function resumptionFinding({ resumed, handshakeMs, proof }: Dialed, { verify }: Target): Finding {
  const facts = { resumed, ms: rounded(handshakeMs) };
  const took = milliseconds(handshakeMs);
  if (resumed)
    return finding("resumption", "ok", `a second connection resumed the session, ${took}`, { facts });
  if (proof === "none" && verify !== "none") {
    const text = "not tried: a session is kept only with a server that is authenticated";
    return finding("resumption", "info", text, { facts: { resumed: null } });
  }
  const text = "sessions are not resumed: each connection costs a full handshake";
  return finding("resumption", "info", text, { facts });
}
