import { headerFlags, NAMED_FLAGS } from "../dns/header-flags.ts";

/** The few combinations that occur: each query of the history asks for one of them. */
const known = new Map<number, string>();

/** Flag bits as dig writes them: `qr rd ra`. */
export function flagNames(flags: number): string {
  const bits = flags & NAMED_FLAGS;
  const text = known.get(bits) ?? headerFlags(bits).join(" ");
  known.set(bits, text);
  return text;
}
