import type { Target, TlsProtocol } from "../../upstream/dial.ts";
import type { Failure, FailureKind } from "../../upstream/failure.ts";
import { formatHostPort } from "../../config/ip-address.ts";
import { isIP, isIPv6 } from "node:net";

/** What to do about a server that wants to know its clients. */
export const CLIENT_ADVICE =
  "Set tls.cert and tls.key to the client certificate that the operator of the server gave you, and to its key.";

/** Whether a server ended a connection because of the certificate of its client. */
export function wantsClientCertificate(reason: string): boolean {
  return /client certificate|one of ours/.test(reason);
}

/**
 * What to do about a server that the dial could not reach or did not accept. `protocol` is what was to be spoken, `names` are
 * those in its certificate.
 */
export function adviceOn(
  { kind, text }: Failure,
  target: Target,
  protocol: TlsProtocol,
  names: readonly string[],
): string {
  const place = formatHostPort(target.address, target.port);
  const expected = protocol === "h2" ? "DNS over HTTPS (mostly 443)" : "DNS over TLS (mostly 853)";
  if (kind === "refused") {
    return `Nothing listens at ${place}: is this the port for ${expected}, and does the server run?`;
  }
  if ((kind === "timeout" || kind === "silent") && text.includes("handshake")) {
    return `The connection was taken, but no TLS came back: is this the port for ${expected}, and not that of plain DNS? Else the server hangs.`;
  }
  if (kind === "timeout" || kind === "silent") {
    const blocked = "Many networks block port 853; a server with https:// can be reached there.";
    return `Nothing comes back from ${place}. ${protocol === "h2" ? "Is the address right, and does a firewall let it through?" : blocked}`;
  }
  if (kind === "unreachable" && isIPv6(target.address.replace(/%.*$/, ""))) {
    return "This host has no way to IPv6 addresses; with an IPv4 address beside it, dotls passes over this one.";
  }
  if (kind === "name") return nameAdvice(target, names);
  if (kind === "tls" && wantsClientCertificate(text)) return CLIENT_ADVICE;
  if (kind === "tls" && /application protocol|HTTP\/2/.test(text)) {
    return protocol === "h2"
      ? "It speaks TLS, but no HTTP/2: a server of DNS over TLS is written tls://."
      : "It refuses what DNS over TLS calls itself (ALPN): is this the port for DNS over TLS?";
  }
  if (kind === "tls")
    return `There is something at this port, but it does not speak TLS as it should: is it that for ${expected}?`;
  return general.get(kind) ?? "Try again; if it stays so, ask the operator of the server.";
}

const general: ReadonlyMap<FailureKind, string> = new Map([
  ["unreachable", "This host has no way there: look at its routes and its connection to the network."],
  [
    "untrusted",
    "If this server has an authority of its own, set tls.ca to its PEM file; otherwise somebody may stand between you and the server.",
  ],
  ["pin", "The pins that are configured are not those of this server: see below what is there."],
  ["clock", "The dates of the certificate are below. Either they or the clock of this host are wrong."],
]);

function nameAdvice({ name: wanted }: Target, names: readonly string[]): string {
  if (wanted !== null && isIP(wanted) !== 0) {
    return `The certificate must carry the address ${wanted}. If you know the server by a name, write that behind it: #NAME.`;
  }
  const name = names.find((one) => isIP(one) === 0);
  if (name === undefined)
    return "The certificate carries no name that could be asked for: it cannot be used as it is.";
  const written = `#${name.replace(/^\*\./, "NAME.")}`;
  if (wanted === null) return `If this is the server that you mean, write ${written} behind its address.`;
  return `Somebody else is at this address: it is the wrong one, or a box on the way puts itself in between. Only if this is the server that you mean, write ${written} behind its address.`;
}
