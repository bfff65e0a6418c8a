import type { Proof } from "../../upstream/proof.ts";
import type { ChainCertificate } from "./chain.ts";
import { type Finding, finding, type Mark } from "./finding.ts";

const DAY = 86_400_000;

/** With fewer days left than this, a renewal that should have happened has not. */
const DAYS_TO_WARN = 14;

/**
 * What a chain says: names, issuer, days left, and the pin of each certificate as `pins` takes it. `proof` is what the real
 * dial made of it; null: it has refused the server, and this is what somebody showed who could be anybody. `now` is the
 * wall clock.
 */
export function certificateFindings(
  chain: readonly ChainCertificate[],
  proof: Proof | null,
  pins: readonly string[],
  now: number,
): Finding[] {
  const [leaf] = chain;
  if (leaf === undefined) return [finding("certificate", "warn", "the server showed no certificate")];
  return [certificate(chain, leaf, proof, now), pinFinding(chain, proof, pins)];
}

function certificate(
  chain: readonly ChainCertificate[],
  leaf: ChainCertificate,
  proof: Proof | null,
  now: number,
): Finding {
  const trusted = proof === "certificate" || proof === "pin";
  const names = leaf.names.length === 0 ? "no name" : leaf.names.join(", ");
  const days = daysLeft(leaf, now);
  const early = leaf.notBefore.getTime() > now;
  const life = early ? `valid only from ${day(leaf.notBefore)}` : lifeText(leaf, days);
  const ending = chain.slice(1).find((one) => daysLeft(one, now) < DAYS_TO_WARN && daysLeft(one, now) < days);
  const over: Mark = early || days < 0 ? "fail" : days < DAYS_TO_WARN || ending !== undefined ? "warn" : "ok";
  // Where dates do not matter, the server is used all the same.
  const mark = over === "fail" && (proof === "pin" || proof === "none") ? "warn" : over;
  return finding(
    "certificate",
    // Whoever was not accepted has failed already; here stands only what was seen.
    trusted || over === "fail" ? mark : "info",
    `${trusted ? "" : "seen, not trusted: "}for ${names}; issued by ${leaf.issuer}; ${life}`,
    {
      // Of a server that nobody trusts, when it will end is no matter.
      advice: trusted || over === "fail" ? adviceOn(over, early, ending) : null,
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

function pinFinding(
  chain: readonly ChainCertificate[],
  proof: Proof | null,
  pins: readonly string[],
): Finding {
  const details = chain.map(
    (one, at) => `${at === 0 ? "leaf  " : "issuer"}  ${one.pin}  ${one.subject}${loose(chain, at)}`,
  );
  const facts = { seen: chain.map(({ pin }) => pin), configured: pins };
  if (pins.length === 0)
    return finding("pins", "info", "none are configured; these can be", { details, facts });
  const matched = chain.some(({ pin }) => pins.includes(pin));
  if (matched && proof !== null && proof !== "none")
    return finding("pins", "ok", "one of those that are configured matches", { details, facts });
  if (matched)
    return finding("pins", "info", "one of those that are configured is in the chain", { details, facts });
  const text =
    pins.length === 1
      ? "the one that is configured is not in the chain; these are"
      : `none of the ${pins.length} that are configured is in the chain; these are`;
  return finding("pins", proof === null ? "fail" : "warn", text, {
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
