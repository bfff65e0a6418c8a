import { PresentationError } from "../text-errors.ts";
import type { Codec } from "./codec.ts";
import { parseInteger, u32 } from "./number-fields.ts";

const TIMES = 2 ** 32;

/**
 * A time of a signature in seconds since 1970, modulo 2^32, printed as YYYYMMDDHHMMSS (RFC 4034 section 3.2).
 * It is printed as from 1970 to 2106, whatever the clock says; dig shows times more than 68 years away elsewhere,
 * because it takes them relative to its clock. Text may name years beyond either end, as dig prints them.
 */
export const time: Codec<number> = {
  ...u32,
  format: (value) => formatDate(new Date(value * 1000)),
  parse: (text) =>
    text.word("a time", (word) => (word.length === 14 ? parseDate(word) : parseInteger(word, TIMES - 1))),
};

function parseDate(word: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(word)?.slice(1).map(Number) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date lets the 31st of June through as the 1st of July.
  if (parts.length !== 6 || formatDate(date) !== word) {
    throw new PresentationError(`${JSON.stringify(word)} is no time in the form YYYYMMDDHHMMSS`);
  }
  const since1970 = date.getTime() / 1000;
  return ((since1970 % TIMES) + TIMES) % TIMES;
}

function formatDate(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(/\D/g, "");
}
