import type { ListenAddress } from "./config.ts";
import {
  canonicalAddress,
  formatHostPort,
  isLinkLocal,
  isMulticast,
  isScopeId,
  parsePort,
} from "./ip-address.ts";
import { looksLikePort, splitAddress } from "./split-address.ts";
import { ConfigValueError } from "./value-error.ts";

/** The port of a listener that names none: high enough to need no privilege. */
const DEFAULT_LISTEN_PORT = 5300;

/**
 * Reads where to listen: `udp://127.0.0.1:53`, `tcp://[::1]:53`, and without a scheme, for UDP and TCP at once,
 * `127.0.0.1:53`, `[::]:53`, `127.0.0.1@53`, `::@53`, `fe80::1%eth0@53`. Gives one listener or two.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_LISTEN
 */
export function parseListen(text: string): ListenAddress[] {
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(text)?.[1];
  const rest = scheme === undefined ? text : text.slice(scheme.length + 3);
  const transports = transportsOf(text, scheme);
  const parts = splitAddress(rest);
  if (parts === null)
    throw bad(`"${text}" is not an address and a port`, "write it as 127.0.0.1:53 or [::1]:53");
  if (parts.address === "" || parts.address === "*") {
    const port = parts.port ?? DEFAULT_LISTEN_PORT;
    throw bad(
      `"${text}" names no address`,
      `write 127.0.0.1:${port} for this host alone, [::]:${port} for every address of it, 0.0.0.0:${port} for those of IPv4`,
    );
  }
  const address = canonicalAddress(parts.address);
  if (address === null) throw notAnAddress(text, parts.address, parts.port);
  if (looksLikePort(parts)) {
    const cut = parts.address.lastIndexOf(":");
    const host = parts.address.slice(0, cut).replace(/:$/, "::");
    const port = parts.address.slice(cut + 1);
    throw bad(
      `"${text}" leaves open whether ${port} is the port or part of the address`,
      `write [${host}]:${port} or [${parts.address}]:${DEFAULT_LISTEN_PORT}`,
    );
  }
  if (isMulticast(address)) throw bad(`"${text}": nobody can listen on a multicast address`);
  checkScope(text, address, parts.zone, parts.outerZone);
  const port = parts.port === null ? DEFAULT_LISTEN_PORT : parsePort(parts.port);
  if (port === null) throw bad(`"${text}": ${parts.port} is not a port`, "ports go from 0 to 65535");
  const scoped = parts.zone === null ? address : `${address}%${parts.zone}`;
  return transports.map((transport) => ({ transport, address: scoped, port }));
}

/** Writes a listener as `parseListen` reads it. */
export function formatListen(listen: ListenAddress): string {
  return `${listen.transport}://${formatHostPort(listen.address, listen.port)}`;
}

function transportsOf(text: string, scheme: string | undefined): ("udp" | "tcp")[] {
  switch (scheme?.toLowerCase()) {
    case undefined:
      return ["udp", "tcp"];
    case "udp":
      return ["udp"];
    case "tcp":
      return ["tcp"];
    default:
      throw bad(
        `"${text}": listening for ${scheme}:// is not known to this version`,
        "write udp:// or tcp://, or leave the scheme away for both",
      );
  }
}

function notAnAddress(text: string, host: string, port: string | null): ConfigValueError {
  const end = port === null ? "" : `:${port}`;
  if (host.toLowerCase() === "localhost") {
    return bad(`"${text}": localhost is a name, not an address`, `write 127.0.0.1${end} and [::1]${end}`);
  }
  if (/^\d+$/.test(host)) return bad(`"${text}" names no address`, `write 127.0.0.1:${host}`);
  return bad(`"${text}": "${host}" is not an IP address`);
}

function checkScope(text: string, address: string, zone: string | null, outerZone: string | null): void {
  if (!isLinkLocal(address)) {
    if (zone !== null) throw bad(`"${text}": only a link-local address takes an interface after %`);
    return;
  }
  if (zone === null) {
    throw bad(
      `"${text}": a link-local address needs its interface`,
      `write [${address}%eth0] with yours for eth0`,
    );
  }
  if (outerZone !== null || !isScopeId(zone)) throw bad(`"${text}": what follows % is not one interface`);
}

function bad(message: string, hint: string | null = null): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_LISTEN", message, hint);
}
