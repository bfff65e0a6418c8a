import type { Upstream } from "../upstream.ts";

/** What a policy may look at of a question: the message with its name from byte 12, and its length. */
export interface Asked {
  readonly question: Uint8Array;
  /** Offset behind the question: name, type, class. */
  readonly questionEnd: number;
}

/** Servers of a group are numbered in the order of the configuration; sets of them are bit masks. */
export const MAX_UPSTREAMS = 30;

/** Which server a question goes to. Health is not its business: it chooses among those that may be asked. */
export interface Policy {
  /** One of the servers in `candidates`, a bit mask that is not empty. */
  pick(candidates: number, asked: Asked): number;
  /** Another one that is asked at the same time, or -1. `candidates` is without the first. */
  companion(candidates: number, asked: Asked): number;
}

/** What a policy is made from. */
export type PolicyMaker = (upstreams: readonly Upstream[]) => Policy;

/** The number of the lowest bit that is set; the mask is not empty. */
export function lowest(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}
