import type { VNode } from "preact";
import type { UpstreamDetail } from "../../src/control/status.ts";
import { count } from "../text/numbers.ts";
import { day, duration } from "../text/times.ts";
import { Facts } from "./facts.tsx";

/** Certificate, pins, and how things ended: for who wants to know more. */
export function UpstreamMore({
  upstream,
  now,
}: {
  readonly upstream: UpstreamDetail;
  readonly now: number;
}): VNode {
  const { certificate, closes, tlsErrors, outcomes, hedges } = upstream;
  return (
    <details>
      <summary>Certificate, pins and counts</summary>
      {certificate !== null && (
        <Facts
          facts={[
            ["Subject", certificate.subject],
            ["Names", certificate.names.join(", ")],
            ["Issuer", certificate.issuer],
            [
              "Valid",
              `${day(certificate.validFrom)} to ${day(certificate.validTo)}, ${leftOf(certificate.validTo, now)}`,
            ],
            ["Pins, its own first", certificate.pins.map((pin) => <code key={pin}>{pin}</code>)],
          ]}
        />
      )}
      <Facts
        facts={[
          ["Questions ended", inWords(outcomes)],
          ["Connections ended", inWords(closes)],
          ["Handshakes failed", inWords(tlsErrors)],
          ["Asked as second", `${count(hedges.won)} answered first, ${count(hedges.lost)} did not`],
        ]}
      />
    </details>
  );
}

function leftOf(validTo: string, now: number): string {
  const seconds = (Date.parse(validTo) - now) / 1000;
  return seconds > 0 ? `${duration(seconds)} left` : "over";
}

function inWords(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, value]) => value > 0);
  return some.length === 0 ? "none" : some.map(([word, value]) => `${word} ${count(value)}`).join(", ");
}
