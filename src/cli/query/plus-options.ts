import { nearest } from "../../config/suggest.ts";
import { absentOptions, onlyDig } from "./plus/absent-options.ts";
import { askingOptions } from "./plus/asking-options.ts";
import { ednsOptions } from "./plus/edns-options.ts";
import { headerOptions } from "./plus/header-options.ts";
import type { Apply, OptionTable } from "./plus/option.ts";
import { printingOptions } from "./plus/printing-options.ts";
import type { GlobalSettings, Settings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

const table: OptionTable = {
  ...headerOptions,
  ...printingOptions,
  ...askingOptions,
  ...ednsOptions,
  ...absentOptions,
};

/** Short names that dig documents and that a prefix would not give, or not alone. */
const aliases: Readonly<Record<string, string>> = {
  ad: "adflag",
  cd: "cdflag",
  cl: "class",
  co: "coflag",
  do: "dnssec",
  i: "ignore",
  ig: "ignore",
  p: "padding",
  retries: "retry",
  "tls-host": "tls-hostname",
  ttl: "ttlid",
};

/**
 * Applies one `+option` (`text` is without its plus) as dig does: `no` negates, a prefix that fits one name is enough.
 * Throws UsageError, with the nearest option, when there is none like it.
 */
export function applyPlusOption(text: string, settings: Settings, globals: GlobalSettings): void {
  const [word, value] = text.split(/=(.*)/s, 2);
  const on = !word!.toLowerCase().startsWith("no");
  const name = word!.toLowerCase().slice(on ? 0 : 2);
  find(name, text)({ settings, globals }, on, value);
}

function find(name: string, text: string): Apply {
  const exact = table[aliases[name] ?? name];
  if (exact !== undefined) return exact;
  const names = Object.keys(table);
  const longer = name === "" ? [] : names.filter((candidate) => candidate.startsWith(name));
  if (longer.length === 1) return table[longer[0]!]!;
  if (longer.length > 1) {
    throw new UsageError(`+${text} is ambiguous: ${longer.map((candidate) => `+${candidate}`).join(", ")}`);
  }
  if (onlyDig.has(name)) throw new UsageError(`+${text} is an option of dig that dotls query does not have`);
  const guess = nearest(name, names);
  const hint = guess === null ? "" : ` (did you mean +${guess}?)`;
  throw new UsageError(`there is no option +${text}${hint}`);
}
