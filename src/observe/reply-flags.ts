import { Flag } from "../dns/header.ts";

const names: readonly (readonly [flag: number, name: string])[] = [
  [Flag.QR, "qr"],
  [Flag.AA, "aa"],
  [Flag.TC, "tc"],
  [Flag.RD, "rd"],
  [Flag.RA, "ra"],
  [Flag.AD, "ad"],
  [Flag.CD, "cd"],
];

const mask: number = names.reduce((all, [flag]) => all | flag, 0);

/** The few combinations that occur: each query of the history asks for one of them. */
const known = new Map<number, string>();

/** Flag bits as dig writes them: `qr rd ra`. */
export function flagNames(flags: number): string {
  const bits = flags & mask;
  const text = known.get(bits) ?? namesOf(bits);
  known.set(bits, text);
  return text;
}

function namesOf(flags: number): string {
  return names.flatMap(([flag, name]) => ((flags & flag) === 0 ? [] : [name])).join(" ");
}
