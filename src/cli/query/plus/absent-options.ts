import { UsageError } from "../usage-error.ts";
import type { Apply, OptionTable } from "./option.ts";

/** Options of dig that can be switched off here and not on. */
export const absentOptions: OptionTable = {
  besteffort: absent("besteffort", "a message that cannot be read is shown as bytes"),
  https: absent("https", "ask over TLS with +tls"),
  idnin: absent("idnin", "names that are not ASCII are always converted"),
  idnout: absent("idnout", "names are printed as they are in the message"),
  multiline: absent("multiline", "+json has every field by name"),
  nssearch: absent("nssearch", "ask for the NS records and then each server"),
  rrcomments: absent("rrcomments", "+json has every field by name"),
  search: absent("search", "write the whole name"),
  showsearch: absent("showsearch", "write the whole name"),
  trace: absent("trace", "ask each server with +norecurse"),
  yaml: absent("yaml", "use +json"),
};

/** A switch of dig that is off here for good: `+noNAME` is fine, `+NAME` is refused with a reason. */
function absent(name: string, instead: string): Apply {
  return (_, on) => {
    if (on) throw new UsageError(`+${name} is not supported: ${instead}`);
  };
}

/** What dig has and we have not in either form: said plainly, for a guess at the nearest name would lead astray. */
export const onlyDig: ReadonlySet<string> = new Set([
  "crypto",
  "dns64prefix",
  "domain",
  "expandaaaa",
  "fail",
  "keepopen",
  "ndots",
  "onesoa",
  "showbadcookie",
  "split",
  "tls-certfile",
  "tls-keyfile",
]);
