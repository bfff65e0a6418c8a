import { isAbsolute, join } from "node:path";
import type { Conversion } from "./conversion.ts";
import { cipherChoice, type NameList } from "./tls-choices.ts";
import { optionOf, type ServerClause } from "./unbound-server.ts";

const UNCHECKED =
  "unbound then takes any certificate; dotls always checks, with the authorities of the system";

/** Converts how servers are reached over TLS: whom to trust, ciphers, SNI. */
export function convertTls(server: ServerClause, conversion: Conversion): void {
  const bundle = server.last("tls-cert-bundle", "ssl-cert-bundle");
  const system = server.last("tls-system-cert", "tls-win-cert");
  const path = bundle?.values[0] ?? "";
  if (bundle !== null && path !== "") {
    const folder = server.peek("directory").at(-1) ?? "";
    conversion.set("tls.ca", absoluteOr(folder, path), [optionOf(bundle)]);
    if (system !== null) conversion.drop(optionOf(system), "one source of authorities is taken: the file");
  } else if (system?.values[0] === "yes") {
    conversion.set("tls.ca", "system", [optionOf(system)]);
  } else {
    for (const attribute of [bundle, system]) {
      if (attribute !== null)
        conversion.drop(optionOf(attribute), "the authorities of the system are trusted");
    }
    if (conversion.has("upstreams")) conversion.remark(server.absent("tls-cert-bundle"), UNCHECKED);
  }
  const listOf = (name: string): NameList | null => {
    const attribute = server.last(name);
    const text = attribute?.values[0] ?? "";
    return attribute === null || text === "" ? null : { text, from: optionOf(attribute) };
  };
  const ciphers = cipherChoice(listOf("tls-ciphers"), listOf("tls-ciphersuites"), (option, reason) =>
    conversion.drop(option, reason),
  );
  if (ciphers !== null) conversion.set("tls.ciphers", ciphers.value, ciphers.from, ciphers.remark);
  const sni = server.last("tls-use-sni");
  if (sni?.values[0] === "no") conversion.set("tls.sni", "off", [optionOf(sni)]);
  else if (sni !== null) conversion.drop(optionOf(sni), "on, as it is by default");
}

/** A path of unbound.conf; one that is not absolute cannot be taken for a word such as `system`. */
function absoluteOr(folder: string, path: string): string {
  if (isAbsolute(path)) return path;
  return folder === "" ? `./${path}` : join(folder, path);
}
