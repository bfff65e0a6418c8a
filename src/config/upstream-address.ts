import {
  canonicalAddress,
  isLinkLocal,
  isMulticast,
  isScopeId,
  isWildcard,
  parsePort,
} from "./ip-address.ts";
import { type AddressParts, looksLikePort } from "./split-address.ts";
import { ConfigValueError } from "./value-error.ts";

/**
 * Checks the address of an upstream: an IP address without brackets, with its interface when it is link-local.
 * Gives its canonical form.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function upstreamAddress(text: string): string {
  const [host = "", ...scopes] = text.split("%");
  const address = canonicalAddress(host);
  if (address === null) throw bad(`"${text}" is not an IP address`);
  if (isWildcard(address)) throw bad(`"${text}" is the address of no host`);
  if (isMulticast(address)) throw bad(`"${text}" is a multicast address, which no single server has`);
  const scope = scopes[0];
  if (!isLinkLocal(address)) {
    if (scope !== undefined) throw bad(`"${text}": only a link-local address takes an interface after %`);
    return address;
  }
  if (scope === undefined) {
    throw bad(
      `"${text}": a link-local address needs its interface`,
      `write ${address}%eth0 with yours for eth0`,
    );
  }
  if (scopes.length > 1 || !isScopeId(scope)) throw bad(`"${text}": what follows % is not one interface`);
  return `${address}%${scope}`;
}

/**
 * Reads the port of an upstream, 1 to 65535.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function upstreamPort(text: string): number {
  const port = parsePort(text);
  if (port === null || port === 0) throw bad(`"${text}" is not a port`, "ports go from 1 to 65535");
  return port;
}

/**
 * Refuses an IPv6 address of which nobody can say where it ends and its port begins.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function refuseOpenEnd(label: string, parts: AddressParts, port: number): void {
  if (!looksLikePort(parts)) return;
  throw bad(
    `"${label}" leaves open where the address ends and the port begins`,
    `put the address in brackets, or add @${port} behind it`,
  );
}

function bad(message: string, hint: string | null = null): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
