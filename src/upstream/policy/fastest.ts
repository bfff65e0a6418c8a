import type { Upstream } from "../upstream.ts";
import { type Policy, lowest } from "./policy.ts";

/** One question in so many goes to another server than the fastest: what was slow once may have become fast. */
const EXPLORE = 40;

/**
 * The server that answered soonest lately. Times are of answers, without connecting and TLS, and forget; a server of which
 * nothing is known is asked first, so that something becomes known.
 */
export function fastest(upstreams: readonly Upstream[], random: () => number = Math.random): Policy {
  return {
    pick: (candidates) =>
      random() * EXPLORE < 1 ? anyOf(candidates, random) : soonest(upstreams, candidates),
    companion: () => -1,
  };
}

/** The candidate with the smallest typical time to an answer. */
export function soonest(upstreams: readonly Upstream[], candidates: number): number {
  let best = lowest(candidates);
  let least = Number.POSITIVE_INFINITY;
  for (let mask = candidates; mask !== 0; mask &= mask - 1) {
    const index = lowest(mask);
    const typical = upstreams[index]!.typicalMs;
    if (typical < least) {
      least = typical;
      best = index;
    }
  }
  return best;
}

function anyOf(candidates: number, random: () => number): number {
  let mask = candidates;
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  for (let skip = Math.floor(random() * count); skip > 0; skip--) mask &= mask - 1;
  return lowest(mask);
}
