import type { TlsOptions, UpstreamSpec } from "./config.ts";
import { parseHttps } from "./https-url.ts";
import { canonicalAddress, isLinkLocal } from "./ip-address.ts";
import { presetUpstream } from "./presets.ts";
import { parseServerName } from "./server-name.ts";
import { type AddressParts, splitAddress } from "./split-address.ts";
import { parseStamp } from "./stamp.ts";
import { DEFAULT_TLS } from "./tls-options.ts";
import { refuseOpenEnd, upstreamAddress, upstreamPort } from "./upstream-address.ts";
import { completeUpstream, draft, PORTS, type Protocol, type UpstreamDraft } from "./upstream-draft.ts";
import { nameOfNothing, unsupportedScheme } from "./upstream-hint.ts";
import { ConfigValueError } from "./value-error.ts";

/** The port of DNS over TLS (RFC 7858 section 3.1). */
export const DOT_PORT = 853;

/**
 * Reads one upstream in the short form, as `parseUpstream` does, and puts the general TLS options under it.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function readUpstream(text: string, general: TlsOptions = DEFAULT_TLS): UpstreamSpec {
  return completeUpstream(parseUpstream(text), general);
}

/**
 * Reads one upstream in the short form:
 *
 * - `tls://ADDRESS[:PORT][#NAME]` and `tls://NAME[:PORT]`, the scheme may be left away, with the spellings of others:
 *   `ADDRESS@853#NAME` (unbound), `ADDRESS#NAME` (systemd-resolved), `tls://ADDRESS%NAME[:PORT]` (CoreDNS);
 * - `https://NAME[:PORT]/PATH`, `https://ADDRESS[:PORT]/PATH`;
 * - `udp://ADDRESS[:PORT]`, `tcp://ADDRESS[:PORT]`, in the clear;
 * - `ddr://ADDRESS[:PORT]`, a plain resolver that tells where its encrypted face is (RFC 9462);
 * - `sdns://...`, a DNS stamp; `quad9`, `nextdns:ID`, a preset.
 *
 * On a link-local IPv6 address, `%` is followed by the interface: `tls://[fe80::1%eth0]#NAME`. Without NAME the
 * certificate must carry the address. Whatever else is written is refused: nothing is guessed, and nothing but `udp://`,
 * `tcp://` and the stamps of plain resolvers is ever taken for cleartext.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function parseUpstream(text: string): UpstreamDraft {
  const label = text.trim();
  if (label === "") throw bad("an upstream is empty", "write tls://ADDRESS#NAME");
  if (/\s/.test(label))
    throw bad(`"${label}" has a space inside`, "write several upstreams as several items");
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(label)?.[1];
  const rest = scheme === undefined ? label : label.slice(scheme.length + 3);
  switch (scheme?.toLowerCase()) {
    case undefined:
      return presetUpstream(label) ?? parseTls(label, rest, false);
    case "tls":
      return parseTls(label, rest, true);
    case "https":
      return parseHttps(label, rest);
    case "udp":
      return parseByAddress(label, rest, "udp");
    case "tcp":
      return parseByAddress(label, rest, "tcp");
    case "ddr":
      return parseByAddress(label, rest, "ddr");
    case "sdns":
      return parseStamp(label);
    default:
      throw unsupportedScheme(label, scheme!.toLowerCase());
  }
}

function parseTls(label: string, rest: string, explicit: boolean): UpstreamDraft {
  const hash = rest.indexOf("#");
  const parts = splitAddress(hash === -1 ? rest : rest.slice(0, hash));
  const address = parts === null ? null : canonicalAddress(parts.address);
  if (parts === null || address === null) return parseTlsName(label, rest, parts, explicit);
  refuseOpenEnd(label, parts, DOT_PORT);

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
  return draft("tls", {
    addresses: [upstreamAddress(scope === null ? address : `${address}%${scope}`)],
    ...portOf(parts),
    name: names[0] === undefined ? null : parseServerName(names[0]),
    label,
  });
}

/** A server of which only the name is said; its addresses are looked up. */
function parseTlsName(
  label: string,
  rest: string,
  parts: AddressParts | null,
  explicit: boolean,
): UpstreamDraft {
  const fault = nameOfNothing(label, parts?.address ?? rest, explicit);
  if (parts === null || fault !== null) {
    throw fault ?? bad(`"${label}" is neither an address nor a name`, "write tls://ADDRESS#NAME");
  }
  if (rest.includes("#") || parts.zone !== null || parts.bracketed) {
    throw bad(
      `"${label}" names the server twice`,
      `write tls://${parts.address}, or tls://ADDRESS#${parts.address}`,
    );
  }
  return draft("tls", { name: parseServerName(parts.address), ...portOf(parts), label });
}

/** An upstream that is known by its address alone, as a plain resolver is. */
function parseByAddress(label: string, rest: string, scheme: "udp" | "tcp" | "ddr"): UpstreamDraft {
  const parts = splitAddress(rest);
  if (parts === null || rest.includes("#") || canonicalAddress(parts.address) === null) {
    throw bad(`"${label}": ${scheme}:// takes an IP address and perhaps a port`, `write ${scheme}://ADDRESS`);
  }
  refuseOpenEnd(label, parts, PORTS.udp);
  if (parts.outerZone !== null) throw bad(`"${label}" has % twice`);
  const protocol: Protocol = scheme === "ddr" ? "tls" : scheme;
  return draft(protocol, {
    addresses: [upstreamAddress(parts.zone === null ? parts.address : `${parts.address}%${parts.zone}`)],
    port: PORTS.udp,
    ...portOf(parts),
    ddr: scheme === "ddr",
    label,
  });
}

function portOf(parts: AddressParts): { port?: number } {
  return parts.port === null ? {} : { port: upstreamPort(parts.port) };
}

function bad(message: string, hint: string | null = null): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
