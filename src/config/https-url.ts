import { parseServerName } from "./server-name.ts";
import { upstreamAddress, upstreamPort } from "./upstream-address.ts";
import { canonicalAddress } from "./ip-address.ts";
import { DEFAULT_PATH, draft, PORTS, type UpstreamDraft } from "./upstream-draft.ts";
import { ConfigValueError } from "./value-error.ts";

/**
 * Reads what follows `https://` in an upstream: a name or an address, perhaps a port, and the path of the template that
 * RFC 8484 section 4.1.1 asks for, whose `{?dns}` may be left away. `label` is all of it.
 *
 * Not read by the URL class of Node, which would take `1.1` for 1.0.0.1 and mend what should be refused.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function parseHttps(label: string, rest: string): UpstreamDraft {
  const match = /^(\[[^[\]]+\]|[^[\]/:?#@]+)(?::([^/?#@]*))?((?:[/?#].*)?)$/.exec(rest);
  if (match === null) {
    throw bad(`"${label}" is not the URL of a resolver`, `write https://NAME${DEFAULT_PATH}`);
  }
  const [, host = "", port, tail = ""] = match;
  const literal = host.startsWith("[") ? host.slice(1, -1) : host;
  // An address in digits is never a name, even where it is not a valid one.
  const byAddress = host.startsWith("[") || canonicalAddress(literal) !== null || /^[\d.]+$/.test(literal);
  return draft("https", {
    addresses: byAddress ? [upstreamAddress(literal)] : [],
    name: byAddress ? null : parseServerName(literal),
    port: port === undefined ? PORTS.https : upstreamPort(port),
    path: httpsPath(tail === "" || tail === "/" ? DEFAULT_PATH : tail),
    label,
  });
}

/**
 * Checks the path of a resolver over HTTPS and takes its `{?dns}` off.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function httpsPath(text: string): string {
  const path = text.replace(/\{\?dns\}$/, "");
  if (!path.startsWith("/"))
    throw bad(`"${text}" is not a path`, `a path begins with a slash: ${DEFAULT_PATH}`);
  if (path.includes("#")) throw bad(`"${text}": what follows # never gets to a server`);
  if (/[{}]/.test(path)) throw bad(`"${text}": of templates, only {?dns} at the end is understood`);
  if (!/^[\u0021-\u007e]+$/.test(path) || /["<>\\^`|]/.test(path)) {
    throw bad(`"${text}" has a character that stands in no URL`, "write it as %XX");
  }
  return path;
}

function bad(message: string, hint: string | null = null): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
