import { nearestPreset, PRESETS } from "./presets.ts";
import { ConfigValueError } from "./value-error.ts";

/** The error for an upstream under a scheme that is not read: says why, and what to write instead. */
export function unsupportedScheme(label: string, scheme: string): ConfigValueError {
  const rest = label.slice(scheme.length + 3);
  const host = /^\[?([^[\]/:#@?]*)/.exec(rest)?.[1] ?? "";
  switch (scheme) {
    case "h3":
    case "quic":
    case "doq":
      return bad(`"${label}": dotls does not speak QUIC`, `write tls://${nameOr(host)} or https://...`);
    case "http":
    case "h2c":
      return bad(`"${label}" would send queries in the clear`, `write https://${nameOr(host)}/dns-query`);
    case "doh":
      return bad(`"${label}": the scheme of DNS over HTTPS is https://`, `write https://${rest}`);
    case "dns":
      return bad(
        `"${label}": dns:// sends queries in the clear`,
        `write ${addressSpec(rest)}, or udp:// in a route`,
      );
    case "dot":
      return bad(`"${label}": the scheme of DNS over TLS is tls://`, `write ${addressSpec(rest)}`);
    default:
      return bad(`"${label}": the scheme ${scheme}:// is not known`, "write tls://ADDRESS#NAME");
  }
}

/**
 * The error for what stands where the name of an upstream would stand and is none: a typo in an address or a preset.
 * Null when it may be a name. `explicit`: whether `tls://` stands before it, so that one label alone is a name.
 */
export function nameOfNothing(label: string, host: string, explicit: boolean): ConfigValueError | null {
  // Digits and dots alone are a mistyped address, whatever a name may look like.
  if (!/^(?=.*[a-z])[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i.test(host)) {
    return bad(`"${label}" does not begin with an IP address or a name`, "write tls://ADDRESS#NAME");
  }
  if (PRESETS.has(host.toLowerCase())) {
    return bad(`"${label}": a preset stands alone`, `write ${host.toLowerCase()}`);
  }
  if (explicit || host.includes(".")) return null;
  const meant = nearestPreset(host);
  return bad(
    `"${label}" is neither an address nor a preset`,
    meant === null ? `the presets are ${[...PRESETS.keys()].join(", ")}` : `did you mean ${meant}?`,
  );
}

/** The name of a host to build an example of, made up where there is none. */
function nameOr(host: string): string {
  return /^(?=.*[a-z])[a-z0-9_.-]+$/i.test(host) ? host : "NAME";
}

/** A pattern to follow for what stood behind a scheme that is not ours: keeps an address that is there. */
function addressSpec(rest: string): string {
  const address = /^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.%]+\])/i.exec(rest)?.[1];
  return address === undefined ? "tls://ADDRESS#NAME" : `tls://${address}#NAME`;
}

function bad(message: string, hint: string): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
