import { isIPv6 } from "node:net";
import type { Family } from "./bootstrap-answer.ts";

/** The family of an IP address; a scope id does not matter. */
export function familyOf(address: string): Family {
  return isIPv6(address) ? 6 : 4;
}

/**
 * The order in which addresses are tried (RFC 8305 section 4): the one that last worked, then the families in turn, that of
 * the first one next to it, IPv6 first when none has worked. Families in `unrouted` come last: nothing is lost by a try
 * that fails at once, and nothing is gained before all others.
 */
export function inOrder(
  addresses: readonly string[],
  good: string | null,
  unrouted: ReadonlySet<Family>,
): string[] {
  const first = good !== null && addresses.includes(good) ? [good] : [];
  const rest = addresses.filter((address) => address !== first[0]);
  const four = rest.filter((address) => familyOf(address) === 4);
  const six = rest.filter((address) => familyOf(address) === 6);
  const begin = first[0] !== undefined && familyOf(first[0]) === 6 ? [four, six] : [six, four];
  const turns = Math.max(four.length, six.length);
  const turned = Array.from({ length: turns }, (_, turn) =>
    begin.flatMap((list) => list.slice(turn, turn + 1)),
  );
  const all = [...first, ...turned.flat()];
  const isRouted = (address: string): boolean => !unrouted.has(familyOf(address));
  return [...all.filter(isRouted), ...all.filter((address) => !isRouted(address))];
}
