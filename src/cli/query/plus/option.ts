import type { GlobalSettings, Settings } from "../settings.ts";
import { UsageError } from "../usage-error.ts";

/** What an option does: to the settings of its name, or to those of the whole command. */
export interface Target {
  readonly settings: Settings;
  readonly globals: GlobalSettings;
}

/** One option: `on` is false for `+noNAME`, `value` what stands behind `=`. Throws UsageError for a value that it cannot take. */
export type Apply = (target: Target, on: boolean, value: string | undefined) => void;

/** Options by their whole names. */
export type OptionTable = Readonly<Record<string, Apply>>;

/** `+NAME` and `+noNAME`, with nothing after them. */
export function flag(apply: (target: Target, on: boolean) => void): Apply {
  return apply;
}

/** `+NAME=VALUE`; `off` says what `+noNAME` does, where that means something. */
export function valued(
  name: string,
  apply: (target: Target, value: string) => void,
  off?: (t: Target) => void,
): Apply {
  return (target, on, value) => {
    if (!on) {
      if (off === undefined) throw new UsageError(`+${name} cannot be negated`);
      off(target);
    } else if (value === undefined) {
      throw new UsageError(`+${name} needs a value: +${name}=...`);
    } else {
      apply(target, value);
    }
  };
}
