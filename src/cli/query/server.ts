import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { isIP, isIPv6 } from "node:net";
import { DotlsError } from "../../errors.ts";
import type { Target } from "../../upstream/dial.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import { UsageError } from "./usage-error.ts";

/** Who is asked: one address of what was written after `@`. */
export interface Server {
  readonly address: string;
  /** Null: that of `-p`, else the usual one of the transport. */
  readonly port: number | null;
  /** The host as written, for the footer. */
  readonly label: string;
  /** What a certificate must carry instead of the address: a host name that was written; null: the address. */
  readonly tlsName: string | null;
  /** How it is reached under encryption where it was written as an upstream; without it, as the options say. */
  readonly way?: Way;
}

/** The encrypted way to a server. */
interface Way {
  readonly target: Target;
  /** How it is asked over HTTPS; null: over TLS alone. */
  readonly https: DohOptions | null;
}

interface ServerText {
  readonly host: string;
  readonly port: number | null;
  readonly tlsName: string | null;
}

/** The server that is asked over TLS when none is named: the daemon's first default. */
const DEFAULT_TLS_SERVER = "1.1.1.1#cloudflare-dns.com";

/** Where a system without nameservers in its resolv.conf is expected to have one (resolv.conf(5)). */
const LOCAL_SERVER = "127.0.0.1";

/** A server's name cannot be resolved, or has no address of the family that was asked for. */
export class ServerError extends DotlsError {
  constructor(message: string, options?: ErrorOptions) {
    super("ERR_DOTLS_QUERY_SERVER", message, options);
  }
}

/**
 * The servers of a query, in the order in which they are tried. `texts` are what stood after each `@`; without any,
 * DOTLS_QUERY_SERVER, then the default for TLS or the nameservers of resolv.conf. `family` 0 takes IPv4 and IPv6.
 * Throws UsageError for what is no server, ServerError for a name without an address.
 */
export async function findServers(
  texts: readonly string[],
  overTls: boolean,
  family: 0 | 4 | 6,
): Promise<Server[]> {
  const named = texts.length > 0 ? texts : fromEnvironment();
  if (named.length > 0) return (await Promise.all(named.map((text) => resolveServer(text, family)))).flat();
  if (overTls) return resolveServer(DEFAULT_TLS_SERVER, family);
  const listed = systemServers().filter((address) => fits(address, family));
  return (listed.length > 0 ? listed : [LOCAL_SERVER]).map((address) => ({
    address,
    port: null,
    label: address,
    tlsName: null,
  }));
}

/** All addresses of one server as written after `@`. Throws like `findServers`. */
export async function resolveServer(text: string, family: 0 | 4 | 6): Promise<Server[]> {
  const { host, port, tlsName } = parseServer(text);
  const addresses = isIP(host) === 0 ? await addressesOf(host) : [host];
  const usable = addresses.filter((address) => fits(address, family));
  if (usable.length === 0) {
    throw new ServerError(`couldn't get address for '${host}': address family not supported`);
  }
  const name = tlsName ?? (isIP(host) === 0 ? host : null);
  return usable.map((address) => ({ address, port, label: host, tlsName: name }));
}

/** `HOST`, `HOST:PORT`, `HOST#PORT`, `[IPV6]:PORT`, `ADDRESS#NAME`; HOST is an address or a name. Throws UsageError. */
export function parseServer(text: string): ServerText {
  const [, bracketed, tail] = /^\[([^\]]+)\](?:[:#](.+))?$/.exec(text) ?? [];
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) throw new UsageError(`@${text}: there is no IPv6 address in the brackets`);
    return { host: bracketed, ...portOrName(tail, text) };
  }
  if (isIP(text) !== 0) return { host: text, port: null, tlsName: null };
  const [, host, rest] = /^([^#]+)#(.+)$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text) ?? [];
  if (host !== undefined) return { host, ...portOrName(rest, text) };
  if (/[\s:#[\]/]/.test(text)) throw new UsageError(`@${text} is neither an address nor a name of a server`);
  return { host: text, port: null, tlsName: null };
}

function portOrName(text: string | undefined, whole: string): Omit<ServerText, "host"> {
  if (text === undefined) return { port: null, tlsName: null };
  if (!/^\d+$/.test(text)) return { port: null, tlsName: text };
  const port = Number(text);
  if (port === 0 || port > 0xffff) throw new UsageError(`@${whole}: there is no port ${text}`);
  return { port, tlsName: null };
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
  } catch (error) {
    throw new ServerError(`couldn't get address for '${host}': not found`, { cause: error });
  }
}

function fits(address: string, family: 0 | 4 | 6): boolean {
  return family === 0 || isIP(address) === family;
}

function fromEnvironment(): string[] {
  const text = process.env["DOTLS_QUERY_SERVER"];
  return text === undefined || text === "" ? [] : [text];
}

function systemServers(): string[] {
  let text: string;
  try {
    text = readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    // No file means no nameservers, as for the C library.
    return [];
  }
  return [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].flatMap(([, address]) =>
    isIP(address!) === 0 ? [] : [address!],
  );
}
