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

/** Flag bits as dig writes them: `qr rd ra`. */
export function flagNames(flags: number): string {
  return names.flatMap(([flag, name]) => ((flags & flag) === 0 ? [] : [name])).join(" ");
}
