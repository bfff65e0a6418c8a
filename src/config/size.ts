import { ConfigValueError } from "./value-error.ts";

const UNITS: ReadonlyMap<string, number> = new Map([
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
  ["", 1],
]);

/**
 * Reads a size: `64MiB`, `512KiB`, `2GiB`, or a plain number of bytes. Gives bytes.
 * `MB` and `M` are refused, since people mean two different sizes by them.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_SIZE
 */
export function parseSize(text: string): number {
  const match = /^(\d+)([a-z]*)$/i.exec(text.trim());
  const factor = match === null ? undefined : UNITS.get(match[2]!);
  const bytes = factor === undefined ? Number.NaN : Number(match![1]) * factor;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new ConfigValueError("ERR_DOTLS_BAD_SIZE", `"${text}" is not a size`, hintFor(match));
}

function hintFor(match: RegExpExecArray | null): string {
  const letter = match?.[2]?.[0]?.toUpperCase();
  const unit = [...UNITS.keys()].find((known) => known !== "" && known[0] === letter);
  if (unit !== undefined) return `write ${match![1]}${unit}`;
  return "write a whole number of bytes, or one with KiB, MiB or GiB, as in 64MiB";
}

/** Writes bytes as `parseSize` reads them, in the largest unit that needs no fraction. */
export function formatSize(bytes: number): string {
  for (const [unit, factor] of UNITS) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}`;
}
