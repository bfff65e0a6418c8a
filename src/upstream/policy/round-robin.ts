import { type Policy, lowest } from "./policy.ts";

/** Each server in turn: the load is shared evenly, and each operator sees an equal part of the questions. */
export function roundRobin(): Policy {
  let next = 0;
  return {
    pick(candidates) {
      const later = candidates & -(1 << next);
      const chosen = lowest(later === 0 ? candidates : later);
      next = (chosen + 1) % 30;
      return chosen;
    },
    companion: () => -1,
  };
}
