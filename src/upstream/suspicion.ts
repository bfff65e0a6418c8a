import type { Link } from "./link.ts";

/** A link that is quiet for so long while somebody waits is suspected, in ms. */
export const SUSPICIOUS = 1000;

/** With so many waiting, it is the server and not one slow name: then a multiple of its usual time is enough. */
const MANY = 8;
const USUAL_TIMES = 8;
const SOONEST = 250;

/** So many are no matter of slow names any more. */
const CROWD = 100;

/** A server of which it is not known whether it reads more than one query of a TLS record is given this long, in ms. */
const LAGGING = 100;

/**
 * What is to be thought of a link on which somebody waits: nothing; it is to be asked what every server has at hand; it
 * looks as if only the first query of a TLS record had been read; what it holds is to be asked elsewhere.
 */
export type Suspicion = "none" | "check" | "lagging" | "suspect";

/**
 * Judges a link that has been quiet for `quiet` ms. `usual`: the time that nine in ten answers of this server take, ms;
 * undefined: not known. `mayLag`: it is not known that the server reads all of a record.
 */
export function judge(link: Link, quiet: number, usual: number | undefined, mayLag: boolean): Suspicion {
  const most = link.load >= MANY ? patience(usual) : SUSPICIOUS;
  if (quiet > most) return "suspect";
  if (quiet > LAGGING && mayLag && link.lagging) return "lagging";
  return quiet > most / 2 && link.load < CROWD ? "check" : "none";
}

function patience(usual: number = SUSPICIOUS): number {
  return Math.min(SUSPICIOUS, Math.max(SOONEST, USUAL_TIMES * usual));
}
