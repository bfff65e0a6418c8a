import { type Finding, finding } from "../finding.ts";

const DAY = 86_400_000;

/** How long a certificate is valid. */
export interface Life {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Whether the clock can be right. `installedAt` is when the files of dotls were written or put here, in ms (null: not
 * known), `lives` those of the certificates that were seen: a clock outside all of them is wrong more likely than they.
 */
export function clockFinding(now: number, installedAt: number | null, lives: readonly Life[]): Finding {
  const time = new Date(now).toISOString().slice(0, 19).replace("T", " ");
  const outside = lives.filter(
    ({ notBefore, notAfter }) => now < notBefore.getTime() || now > notAfter.getTime(),
  );
  const facts = {
    now: new Date(now).toISOString(),
    installed: installedAt === null ? null : new Date(installedAt).toISOString(),
    certificates: lives.length,
    outside: outside.length,
  };
  const advice = "Set the clock, and keep it right with NTP: with a wrong one no certificate can be checked.";
  // A day for hosts that were set up with another idea of the local time.
  if (installedAt !== null && now < installedAt - DAY) {
    const when = new Date(installedAt).toISOString().slice(0, 10);
    return finding("clock", "fail", `${time} UTC is before the files of dotls came here (${when})`, {
      facts,
      advice,
    });
  }
  if (lives.length > 0 && outside.length === lives.length) {
    const all =
      lives.length === 1
        ? "of the certificate that was seen"
        : `of all ${lives.length} certificates that were seen`;
    const mark = lives.length === 1 ? "warn" : "fail";
    return finding("clock", mark, `${time} UTC is outside the dates ${all}`, { facts, advice });
  }
  const held = lives.length === 0 ? "" : " and within the dates of the certificates that were seen";
  return finding("clock", "ok", `${time} UTC, plausible: after dotls came here${held}`, { facts });
}
