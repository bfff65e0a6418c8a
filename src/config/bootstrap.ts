import type { BootstrapServer } from "./config.ts";
import { canonicalAddress, formatHostPort } from "./ip-address.ts";
import { splitAddress } from "./split-address.ts";
import { refuseOpenEnd, upstreamAddress, upstreamPort } from "./upstream-address.ts";
import { PORTS } from "./upstream-draft.ts";
import { ConfigValueError } from "./value-error.ts";

/**
 * Reads a plain resolver that is asked for the addresses of upstreams: `9.9.9.9`, `[2620:fe::fe]:53`,
 * `192.168.1.1@5353`, with `udp://` before it or not.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function parseBootstrap(text: string): BootstrapServer {
  const rest = text.trim().replace(/^udp:\/\//i, "");
  const parts = splitAddress(rest);
  if (parts === null || parts.outerZone !== null || canonicalAddress(parts.address) === null) {
    throw new ConfigValueError(
      "ERR_DOTLS_BAD_UPSTREAM",
      `"${text}" is not the IP address of a resolver`,
      "write it as 9.9.9.9 or [2620:fe::fe]:53",
    );
  }
  refuseOpenEnd(rest, parts, PORTS.udp);
  return {
    address: upstreamAddress(parts.zone === null ? parts.address : `${parts.address}%${parts.zone}`),
    port: parts.port === null ? PORTS.udp : upstreamPort(parts.port),
  };
}

/** Writes a resolver as `parseBootstrap` reads it. */
export function formatBootstrap({ address, port }: BootstrapServer): string {
  return port === PORTS.udp ? address : formatHostPort(address, port);
}
