import { keepalive } from "../../dns/edns/keepalive.ts";
import { type Finding, finding } from "./finding.ts";
import { type Answer, isAnswer, type NoAnswer, type Session } from "./probe.ts";

/** Shorter than this, in seconds, most queries of a quiet host have to wait for a handshake. */
const SHORT = 1;

/** How long a connection may stay idle by the server's own word (edns-tcp-keepalive), in seconds; null: it does not say. */
export function saidLimit(result: Answer | NoAnswer): number | null {
  const option = isAnswer(result)
    ? result.message.edns?.options.find(({ code }) => code === keepalive.code)
    : undefined;
  const timeout = option === undefined ? null : (keepalive.decode(option.data)?.timeout ?? null);
  return timeout === null ? null : timeout / 10;
}

/**
 * Watches a connection on which nothing is asked any more, until `watch` ms after `since`, and says how long it stayed open
 * beside what the server said. `said` is undefined where it was not asked (over HTTPS, which has no such word).
 */
export async function watchIdle(
  session: Pick<Session, "ended">,
  said: number | null | undefined,
  since: number,
  watch: number,
): Promise<Finding> {
  await new Promise((resolve) => setTimeout(resolve, since + watch - performance.now()));
  const closedAfter = session.ended === null ? null : (session.ended.at - since) / 1000;
  const facts = {
    seconds: said ?? null,
    closedAfter: closedAfter === null ? null : tenths(closedAfter),
    watched: tenths(watch / 1000),
  };
  const word = wordOf(said);
  if (closedAfter !== null) {
    const text = `closed after ${tenths(closedAfter)} s without a question${word}`;
    if (closedAfter >= SHORT && (said ?? closedAfter) <= closedAfter + SHORT) {
      const advice = "dotls learns this limit and leaves first; the next query then waits for a handshake.";
      return finding("idle", "info", text, { facts, advice });
    }
    const advice =
      closedAfter < SHORT
        ? "It is short of connections: queries will often wait for a handshake."
        : "It does not keep its word: now and then a query meets a closed connection and is asked again.";
    return finding("idle", "warn", text, { facts, advice });
  }
  const open = `still open after ${facts.watched} s without a question`;
  if (said === null || said === undefined) return finding("idle", "info", `${open}${word}`, { facts });
  if (said >= SHORT) return finding("idle", "ok", `${open}${word}`, { facts });
  const advice = "It is short of connections: queries will often wait for a handshake.";
  return finding("idle", "warn", `${open}${word}`, { facts, advice });
}

function wordOf(said: number | null | undefined): string {
  if (said === undefined) return "";
  if (said === null) return "; the server does not say how long it may be (edns-tcp-keepalive)";
  return `; the server grants ${said} s (edns-tcp-keepalive)`;
}

function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
