import { Flag } from "./header.ts";

const names: readonly (readonly [flag: number, name: string])[] = [
  [Flag.QR, "qr"],
  [Flag.AA, "aa"],
  [Flag.TC, "tc"],
  [Flag.RD, "rd"],
  [Flag.RA, "ra"],
  [Flag.AD, "ad"],
  [Flag.CD, "cd"],
];

/** The bits of a header's second word that have a name here (RFC 1035 section 4.1.1, RFC 4035 section 3). */
export const NAMED_FLAGS: number = names.reduce((all, [flag]) => all | flag, 0);

/** The flags of a header by name, lower case, in dig's order. */
export function headerFlags(flags: number): string[] {
  return names.flatMap(([flag, name]) => ((flags & flag) === 0 ? [] : [name]));
}
