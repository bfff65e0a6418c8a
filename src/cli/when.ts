import { parseDuration } from "../config/duration.ts";
import { DotlsError } from "../errors.ts";

/**
 * A point in time as a user gives it: a duration back from now (`10m`), or a date and time that JavaScript understands
 * (ISO 8601; without a zone it is local). Gives ISO 8601 in UTC. Throws DotlsError (ERR_DOTLS_USAGE).
 */
export function parseWhen(option: string, text: string, now: number): string {
  const at = /^\d+[a-z]+$/i.test(text) ? now - parseDuration(text) : Date.parse(text);
  if (Number.isNaN(at)) {
    const wanted = "write a duration such as 10m, or a time such as 2026-11-21T14:00";
    throw new DotlsError("ERR_DOTLS_USAGE", `${option}: "${text}" is not a time (${wanted})`);
  }
  return new Date(at).toISOString();
}
