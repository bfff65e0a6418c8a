/** A unit must not stand alone on the next line. */
const SPACE = "\u00a0";

const grouped = new Intl.NumberFormat("en");

/** A count: `12,345`. */
export function count(value: number): string {
  return grouped.format(value);
}

/** A number of things a second: one digit behind the point while that says something. */
export function rate(value: number): string {
  return value < 100 ? value.toFixed(1) : grouped.format(Math.round(value));
}

/** A part of a whole in percent: never 100 when something is missing, never 0 when something is there; `–` of nothing. */
export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (part / whole) * 100;
  if (part === 0 || part === whole) return `${percent}${SPACE}%`;
  return `${Math.min(Math.max(percent, 0.1), 99.9).toFixed(1)}${SPACE}%`;
}

/** Milliseconds with as many digits as a person reads; `–` for null. */
export function milliseconds(value: number | null): string {
  if (value === null) return "–";
  if (value >= 999.5) return `${(value / 1000).toFixed(value < 9995 ? 2 : 1)}${SPACE}s`;
  return `${value.toFixed(value < 0.9995 ? 2 : value < 99.95 ? 1 : 0)}${SPACE}ms`;
}

/** Bytes in the units of the configuration. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let unit = -1;
  let rest = value;
  do {
    rest /= 1024;
    unit++;
  } while (rest >= 1023.95 && unit < units.length - 1);
  return `${rest.toFixed(1)} ${units[unit]}`;
}
