import { isIP, isIPv4 } from "node:net";
import { parseName } from "../dns/name.ts";
import { reverseSuffixes } from "./reverse-suffixes.ts";
import type { RouteName } from "./routes.ts";

/**
 * The names that the `match` of a route stands for: `corp.example` the name and all below it, `*.internal` only what is
 * below, `10.0.0.0/8` or `fd00::/8` the reverse zones of the addresses, one address its reverse name, `.` everything.
 * Throws PresentationError when it is none of these.
 */
export function routeNames(match: string): RouteName[] {
  if (isIP(match) !== 0) return routeNames(`${match}/${isIPv4(match) ? 32 : 128}`);
  if (/^[\da-f.:]+\/\d+$/i.test(match)) {
    return reverseSuffixes(match).map((name) => ({ name, below: false }));
  }
  if (match === "*" || match === "*.") return [{ name: parseName("."), below: false }];
  const below = match.startsWith("*.");
  const name = below ? match.slice(2) : match;
  return [{ name: parseName(name, ROOT), below }];
}

const ROOT = new Uint8Array(1);
