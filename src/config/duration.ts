import { ConfigValueError } from "./value-error.ts";

const UNITS: ReadonlyMap<string, number> = new Map([
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
]);

/**
 * Reads a duration: one whole number and its unit, `250ms`, `4s`, `5m`, `2h`, `7d`. Gives milliseconds.
 * The unit is never left out: `4` could be either of two units in use elsewhere.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_DURATION
 */
export function parseDuration(text: string): number {
  const match = /^(\d+)([a-z]+)$/i.exec(text.trim());
  const factor = match === null ? undefined : UNITS.get(match[2]!);
  const milliseconds = factor === undefined ? Number.NaN : Number(match![1]) * factor;
  if (Number.isSafeInteger(milliseconds)) return milliseconds;
  throw new ConfigValueError("ERR_DOTLS_BAD_DURATION", `"${text}" is not a duration`, hintFor(text, match));
}

function hintFor(text: string, match: RegExpExecArray | null): string {
  if (/^\d+$/.test(text.trim())) return `add the unit: ${text.trim()}s or ${text.trim()}ms`;
  const unit = match?.[2]?.toLowerCase();
  if (unit !== undefined && UNITS.has(unit)) return `write ${match![1]}${unit}`;
  return "write a whole number and one of ms, s, m, h, d, as in 4s";
}

/** Writes milliseconds as `parseDuration` reads them, in the largest unit that needs no fraction. */
export function formatDuration(milliseconds: number): string {
  for (const [unit, factor] of UNITS) {
    if (milliseconds >= factor && milliseconds % factor === 0) return `${milliseconds / factor}${unit}`;
  }
  return `${milliseconds}ms`;
}
