import type { DnstapTarget } from "./config.ts";
import {
  canonicalAddress,
  formatHostPort,
  isLinkLocal,
  isMulticast,
  isScopeId,
  isWildcard,
  parsePort,
} from "./ip-address.ts";
import { splitAddress } from "./split-address.ts";
import { ConfigValueError } from "./value-error.ts";

/**
 * Reads where dnstap goes: `unix:/run/dnstap.sock`, `tcp://192.0.2.1:6000`, `tcp://[2001:db8::1]:6000`; null for `none`.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_DNSTAP
 */
export function parseDnstap(text: string): DnstapTarget | null {
  const written = text.trim();
  if (written === "none" || written === "null") return null;
  if (/^unix:/i.test(written)) {
    const path = written.slice(5).replace(/^\/\/(?=\/)/, "");
    if (path === "") throw bad(`"${text}" names no socket`, "write it as unix:/run/dnstap.sock");
    return { path };
  }
  if (!/^tcp:\/\//i.test(written)) {
    throw bad(
      `"${text}" is not a place for dnstap`,
      "write it as unix:/run/dnstap.sock or tcp://127.0.0.1:6000",
    );
  }
  const parts = splitAddress(written.slice(6));
  const address = parts === null ? null : canonicalAddress(parts.address);
  if (parts === null || address === null || isMulticast(address) || isWildcard(address)) {
    throw bad(`"${text}" names no IP address of a host`, "write it as tcp://127.0.0.1:6000");
  }
  const { zone, outerZone } = parts;
  if (isLinkLocal(address) ? zone === null || outerZone !== null || !isScopeId(zone) : zone !== null) {
    throw bad(`"${text}": a link-local address takes one interface after %, others none`);
  }
  const port = parts.port === null ? null : parsePort(parts.port);
  if (port === null || port === 0)
    throw bad(`"${text}" names no port`, `write tcp://${formatHostPort(address, 6000)}`);
  return { address: zone === null ? address : `${address}%${zone}`, port };
}

/** Writes a place as `parseDnstap` reads it. */
export function formatDnstap(target: DnstapTarget | null): string {
  if (target === null) return "none";
  return "path" in target ? `unix:${target.path}` : `tcp://${formatHostPort(target.address, target.port)}`;
}

function bad(message: string, hint: string | null = null): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_DNSTAP", message, hint);
}
