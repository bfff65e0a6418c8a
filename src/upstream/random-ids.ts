import { randomFillSync } from "node:crypto";

/** Ids come from the system's generator in runs: one call for each would cost more than the query. */
const pool = new Uint16Array(2048);
let left = 0;

/** A message id that nobody can guess (RFC 5452 section 9.2), from 0 to 65535. */
export function randomId(): number {
  if (left === 0) {
    randomFillSync(pool);
    left = pool.length;
  }
  return pool[--left]!;
}
