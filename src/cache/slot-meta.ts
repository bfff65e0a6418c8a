import { Slot } from "./layout.ts";

/**
 * The word of a slot that readers change as well, always by compareExchange, so that no change of another thread is lost.
 * Bits 0 and 1: how often the entry was found of late, for eviction. Bits 2 to 5: how often since it was stored. Bits 12 to
 * 31: until which second its refresh is claimed, 0: it is not.
 */
const OFTEN = 3;
const HIT = 1 << 2;
const HITS = 15 << 2;
const CLAIM_SHIFT = 12;
const CLAIM_BITS = 0xf_ffff;

/** The most seconds of a claim: a claim whose bits say more is one of long ago. */
export const MAX_CLAIM = 255;

/** How often the entry was found of late: 0 to 3. */
export function useOf(meta: number): number {
  return meta & OFTEN;
}

/** How often the entry was found since it was stored: 0 to 15. */
export function hitsOf(meta: number): number {
  return (meta & HITS) >>> 2;
}

/** The word of an entry that takes the place of an older one under the same key: it was not found yet. */
export function renewed(meta: number): number {
  return meta & OFTEN;
}

/** The word of an entry that was found `use` times of late, all else as it is. */
export function withUse(meta: number, use: number): number {
  return (meta & ~OFTEN) | use;
}

/** Notes that the entry was found. What is found often needs no write: that keeps its cache line with all readers. */
export function noteHit(words: Int32Array, slot: number, meta: number): void {
  const often = (meta & OFTEN) < OFTEN ? 1 : 0;
  const hit = (meta & HITS) < HITS ? HIT : 0;
  // When another thread was quicker, this hit is not counted: no reader waits for another.
  if (often + hit > 0) Atomics.compareExchange(words, slot + Slot.META, meta, meta + often + hit);
}

/** Whether the refresh is claimed at second `now`. */
export function isClaimedAt(meta: number, now: number): boolean {
  const claim = meta >>> CLAIM_SHIFT;
  if (claim === 0) return false;
  const left = (claim - now) & CLAIM_BITS;
  return left > 0 && left <= MAX_CLAIM;
}

/** The word with a claim until second `until`; 0: without one. */
export function withClaim(meta: number, until: number): number {
  const claim = until === 0 ? 0 : until & CLAIM_BITS || 1;
  return (meta & ((1 << CLAIM_SHIFT) - 1)) | (claim << CLAIM_SHIFT);
}
