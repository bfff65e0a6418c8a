/** More threads than this many have nothing to do on any machine that runs a forwarder. */
const MOST = 64;

/** Reads how many threads answer queries: a whole number from 1 to 64, or `auto`. Throws RangeError. */
export function parseWorkers(value: string | number): number | "auto" {
  if (value === "auto") return value;
  const count = /^\d+$/.test(String(value)) ? Number(value) : Number.NaN;
  if (count >= 1 && count <= MOST) return count;
  throw new RangeError(`"${value}" is neither auto nor a whole number from 1 to ${MOST}`);
}
