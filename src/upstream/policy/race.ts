import type { Upstream } from "../upstream.ts";
import { fastest, soonest } from "./fastest.ts";
import type { Policy } from "./policy.ts";

/**
 * Two servers at once, the first answer counts: the least waiting for twice the queries, and two operators see each
 * question.
 */
export function race(upstreams: readonly Upstream[]): Policy {
  const first = fastest(upstreams);
  return {
    pick: (candidates, asked) => first.pick(candidates, asked),
    companion: (candidates) => (candidates === 0 ? -1 : soonest(upstreams, candidates)),
  };
}
