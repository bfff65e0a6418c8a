import { bracketed } from "../../config/ip-address.ts";
import { parsePin } from "../../config/pin.ts";
import { parseServerName } from "../../config/server-name.ts";
import { upstreamAddress, upstreamPort } from "../../config/upstream-address.ts";
import { PORTS } from "../../config/upstream-draft.ts";
import { PRESETS } from "../../config/presets.ts";
import { ConfigValueError } from "../../config/value-error.ts";

/** A server over TLS as another program describes it: text that was not checked. */
export interface ServerParts {
  /** Without brackets, with `%` and its interface where it has one. */
  readonly address: string;
  readonly port: string | null;
  /** Null: the certificate must carry the address. */
  readonly name: string | null;
  readonly pins?: readonly string[];
  /** Keys of the long form that stand as they are. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/**
 * The upstream as dotls.yaml holds it: the short form when it can say all, else the long one.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM when a part cannot be what it should be
 */
export function tlsUpstream(parts: ServerParts): unknown {
  const address = upstreamAddress(parts.address);
  const port = parts.port === null ? PORTS.tls : upstreamPort(parts.port);
  const name = parts.name === null ? null : parseServerName(parts.name);
  const pins = (parts.pins ?? []).map(parsePin);
  const more = parts.more ?? {};
  if (pins.length === 0 && Object.keys(more).length === 0) {
    const suffix = port === PORTS.tls ? "" : `:${port}`;
    return `tls://${bracketed(address)}${suffix}${name === null ? "" : `#${name}`}`;
  }
  return {
    address,
    ...(port !== PORTS.tls && { port }),
    ...(name !== null && { name }),
    ...(pins.length > 0 && { pins }),
    ...more,
  };
}

/** The addresses of a public resolver that is known by its name; null when it is not known. */
export function addressesOf(name: string): readonly string[] | null {
  return [...PRESETS.values()].find((preset) => preset.name === name)?.addresses ?? null;
}

/** What `make` gives, or in words why its input cannot be used. */
export function tryParts<T>(make: () => T): { value: T; fault: null } | { value: null; fault: string } {
  try {
    return { value: make(), fault: null };
  } catch (error) {
    if (error instanceof ConfigValueError) return { value: null, fault: error.reason };
    // How the schema hears of a value that is out of bounds.
    if (error instanceof RangeError) return { value: null, fault: error.message };
    throw error;
  }
}
