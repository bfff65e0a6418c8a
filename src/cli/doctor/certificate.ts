import type { ChainCertificate } from "./chain.ts";
import { type Finding, finding, type Mark } from "./finding.ts";

const DAY = 86_400_000;

/** With fewer days left than this, a renewal that should have happened has not. */
const DAYS_TO_WARN = 14;

/**
 * What a chain says: names, issuer, days left, and the pin of each certificate as `pins` takes it. `trusted` says that
 * the real dial has accepted it; otherwise this is what somebody showed who could be anybody. `now` is the wall clock.
 */
export function certificateFindings(
  chain: readonly ChainCertificate[],
  trusted: boolean,
  pins: readonly string[],
  now: number,
): Finding[] {
  const [leaf] = chain;
  if (leaf === undefined) return [finding("certificate", "warn", "the server showed no certificate")];
  return [certificate(chain, leaf, trusted, now), pinFinding(chain, trusted, pins)];
}

function certificate(
  chain: readonly ChainCertificate[],
  leaf: ChainCertificate,
  trusted: boolean,
  now: number,
): Finding {
  const names = leaf.names.length === 0 ? "no name" : leaf.names.join(", ");
  const days = daysLeft(leaf, now);
  const early = leaf.notBefore.getTime() > now;
  const life = early ? `valid only from ${day(leaf.notBefore)}` : lifeText(leaf, days);
  const ending = chain.slice(1).find((one) => daysLeft(one, now) < DAYS_TO_WARN && daysLeft(one, now) < days);
  const mark: Mark = early || days < 0 ? "fail" : days < DAYS_TO_WARN || ending !== undefined ? "warn" : "ok";
  return finding(
    "certificate",
    // Whoever was not accepted has failed already; here stands only what was seen.
    trusted || mark === "fail" ? mark : "info",
    `${trusted ? "" : "seen, not trusted: "}for ${names}; issued by ${leaf.issuer}; ${life}`,
    {
      advice: adviceOn(mark, early, ending),
      facts: { trusted, daysLeft: days, chain: chain.map((one) => describe(one, now)) },
    },
  );
}

function adviceOn(mark: Mark, early: boolean, ending: ChainCertificate | undefined): string | null {
  if (mark === "ok") return null;
  if (ending !== undefined && mark === "warn") {
    return `An issuer in the chain (${ending.subject}) ends on ${day(ending.notAfter)}: tell the operator of the server.`;
  }
  if (mark === "warn")
    return "Tell the operator of the server: the certificate should have been renewed by now.";
  if (early)
    return "Set the clock of this host; if it is right, the server's certificate was made too early.";
  return "Set the clock of this host; if it is right, the operator of the server must renew the certificate.";
}

function pinFinding(chain: readonly ChainCertificate[], trusted: boolean, pins: readonly string[]): Finding {
  const details = chain.map(
    (one, at) => `${at === 0 ? "leaf  " : "issuer"}  ${one.pin}  ${one.subject}${loose(chain, at)}`,
  );
  const facts = { seen: chain.map(({ pin }) => pin), configured: pins };
  if (pins.length === 0)
    return finding("pins", "info", "none are configured; these can be", { details, facts });
  const matched = chain.some(({ pin }) => pins.includes(pin));
  if (trusted && matched)
    return finding("pins", "ok", "one of those that are configured matches", { details, facts });
  if (matched)
    return finding("pins", "info", "one of those that are configured is in the chain", { details, facts });
  const text = `none of the ${pins.length} that are configured is in the chain`;
  return finding("pins", trusted ? "info" : "fail", text, {
    details,
    facts,
    advice:
      "If the operator has changed keys, take the new pin from where the operator publishes it. Do not copy it from here: this may not be the operator's server.",
  });
}

/** A certificate that nobody in the chain has signed ends what pins are held against. */
function loose(chain: readonly ChainCertificate[], at: number): string {
  const behind = chain.slice(0, at).some(({ signed }) => !signed);
  return behind ? " (not an issuer: it has not signed the one before)" : "";
}

function describe(one: ChainCertificate, now: number): Record<string, unknown> {
  const { subject, issuer, names, notBefore, notAfter, pin, signed } = one;
  return {
    subject,
    issuer,
    names,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    daysLeft: daysLeft(one, now),
    pin,
    signed,
  };
}

function daysLeft({ notAfter }: ChainCertificate, now: number): number {
  return Math.floor((notAfter.getTime() - now) / DAY);
}

function lifeText({ notAfter }: ChainCertificate, days: number): string {
  if (days < 0) return `expired on ${day(notAfter)}`;
  return `until ${day(notAfter)}, ${days} ${days === 1 ? "day" : "days"} left`;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
