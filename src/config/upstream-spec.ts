import type { UpstreamSpec } from "./config.ts";
import {
  bracketed,
  canonicalAddress,
  isLinkLocal,
  isMulticast,
  isScopeId,
  isWildcard,
  parsePort,
} from "./ip-address.ts";
import { unsupportedScheme, withoutAddress } from "./upstream-hint.ts";
import { parseServerName } from "./server-name.ts";
import { looksLikePort, splitAddress } from "./split-address.ts";
import { ConfigValueError } from "./value-error.ts";

/** The port of DNS over TLS (RFC 7858 section 3.1). */
export const DOT_PORT = 853;

/**
 * Reads one upstream in the short form: `tls://ADDRESS[:PORT][#NAME]`, the scheme may be left away, with the spellings
 * of others: `ADDRESS@853#NAME` (unbound), `ADDRESS#NAME` (systemd-resolved), `tls://ADDRESS%NAME[:PORT]` (CoreDNS).
 * On a link-local IPv6 address, `%` is followed by the interface: `tls://[fe80::1%eth0]#NAME`.
 * Without NAME the certificate must carry the address. Whatever else is written is refused: nothing is guessed, and
 * nothing is ever taken for cleartext.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function parseUpstream(text: string): UpstreamSpec {
  const label = text.trim();
  if (label === "") throw bad("an upstream is empty", "write tls://ADDRESS#NAME");
  if (/\s/.test(label))
    throw bad(`"${label}" has a space inside`, "write several upstreams as several items");
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(label)?.[1];
  if (scheme !== undefined && scheme.toLowerCase() !== "tls")
    throw unsupportedScheme(label, scheme.toLowerCase());
  const rest = scheme === undefined ? label : label.slice(scheme.length + 3);
  const hash = rest.indexOf("#");
  const host = hash === -1 ? rest : rest.slice(0, hash);
  const parts = splitAddress(host);
  const address = parts === null ? null : canonicalAddress(parts.address);
  if (parts === null || address === null) throw withoutAddress(label, rest);
  if (looksLikePort(parts)) {
    throw bad(
      `"${label}" leaves open where the address ends and the port begins`,
      `put the address in brackets, or add @${DOT_PORT} behind it`,
    );
  }

  const names = hash === -1 ? [] : [rest.slice(hash + 1)];
  let scope: string | null = null;
  if (isLinkLocal(address)) {
    scope = parts.zone;
    if (parts.outerZone !== null) names.push(parts.outerZone);
  } else if (parts.outerZone !== null) {
    throw bad(`"${label}" has % twice`);
  } else if (parts.zone !== null) {
    names.push(parts.zone);
  }
  if (names.length > 1)
    throw bad(`"${label}" names the server twice, after # and after %`, "write only #NAME");
  if (names[0] === "") throw bad(`"${label}": the name after # is missing`);
  return {
    addresses: [upstreamAddress(scope === null ? address : `${address}%${scope}`)],
    port: parts.port === null ? DOT_PORT : upstreamPort(parts.port),
    name: names[0] === undefined ? null : parseServerName(names[0]),
    pins: [],
    ca: null,
    label,
  };
}

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
  if (isMulticast(address)) throw bad(`"${text}" is a multicast address, which TLS cannot reach`);
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

/** Writes an upstream without pins and CA of its own as `parseUpstream` reads it; several addresses joined by commas. */
export function formatUpstream(spec: Omit<UpstreamSpec, "label">): string {
  const port = spec.port === DOT_PORT ? "" : `:${spec.port}`;
  const name = spec.name === null ? "" : `#${spec.name}`;
  return `tls://${spec.addresses.map(bracketed).join(",")}${port}${name}`;
}

function bad(message: string, hint: string | null = null): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
