import { specForName, specForPreset } from "./known-resolvers.ts";
import { ConfigValueError } from "./value-error.ts";

/** The error for an upstream under another scheme than `tls`: says why, and what to write instead. */
export function unsupportedScheme(label: string, scheme: string): ConfigValueError {
  const rest = label.slice(scheme.length + 3);
  const host = /^\[?([^[\]/:#@?]*)/.exec(rest)?.[1] ?? "";
  switch (scheme) {
    case "https":
    case "h3":
    case "quic":
      return bad(
        `"${label}": ${scheme}:// is not known to this version, only DNS over TLS is`,
        `write ${specForName(host) ?? specFor(host)}`,
      );
    case "udp":
    case "tcp":
    case "dns":
      return bad(
        `"${label}": ${scheme}:// sends queries in the clear, which dotls does not do`,
        `write ${addressSpec(rest)}`,
      );
    case "sdns":
      return bad(`"${label}": DNS stamps are not known to this version`, "write tls://ADDRESS#NAME");
    case "dot":
      return bad(`"${label}": the scheme of DNS over TLS is tls://`, `write ${addressSpec(rest)}`);
    default:
      return bad(`"${label}": the scheme ${scheme}:// is not known`, "write tls://ADDRESS#NAME");
  }
}

/**
 * The error for an upstream that does not begin with an IP address: a preset, a host name, or a typo.
 * `rest` is what follows the scheme.
 */
export function withoutAddress(label: string, rest: string): ConfigValueError {
  const preset = specForPreset(rest);
  if (preset !== null) {
    return bad(`"${label}": presets are not known to this version`, `write ${preset}`);
  }
  const name = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?:[:@#%/].*)?$/i.exec(rest)?.[1];
  // Digits and dots alone are a mistyped address, whatever a name may look like.
  if (name === undefined || /^[\d.]*$/.test(name)) {
    return bad(`"${label}" does not begin with an IP address`, "write tls://ADDRESS#NAME");
  }
  const known = specForName(name.replace(/\.$/, ""));
  return bad(
    `"${label}": this version does not look up the names of upstreams`,
    known === null ? `write ${specFor(name)} with its IP address for ADDRESS` : `write ${known}`,
  );
}

/** A pattern to follow for a server of which only the name, or nothing, is known. */
function specFor(host: string): string {
  return /^(?=.*[a-z])[a-z0-9_.-]+$/i.test(host) ? `tls://ADDRESS#${host}` : "tls://ADDRESS#NAME";
}

/** A pattern to follow for what stood behind a scheme that is not ours: keeps an address that is there. */
function addressSpec(rest: string): string {
  const address = /^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.%]+\])/i.exec(rest)?.[1];
  return address === undefined ? "tls://ADDRESS#NAME" : `tls://${address}#NAME`;
}

function bad(message: string, hint: string): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
