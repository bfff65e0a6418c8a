import { type Policy, lowest } from "./policy.ts";

/**
 * Strict order: the first server that works. It is what people expect who name a first and a second one, and all
 * questions go to one operator as long as that one answers.
 */
export function failover(): Policy {
  return {
    pick: lowest,
    companion: () => -1,
  };
}
