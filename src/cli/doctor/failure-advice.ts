import type { Target } from "../../upstream/dial.ts";
import type { Failure, FailureKind } from "../../upstream/failure.ts";
import { formatHostPort } from "../../config/ip-address.ts";
import { isIP, isIPv6 } from "node:net";

/** What to do about a server that the dial could not reach or did not accept. `names` are those in its certificate. */
export function adviceOn({ kind, text }: Failure, target: Target, names: readonly string[]): string {
  const place = formatHostPort(target.address, target.port);
  if (kind === "refused") {
    return `Nothing listens at ${place}: is this the port for DNS over TLS, and does the server run?`;
  }
  if (kind === "timeout" || kind === "silent") {
    return `Nothing comes back from ${place}. Many networks block port 853; a server with https:// can be reached there.`;
  }
  if (kind === "unreachable" && isIPv6(target.address.replace(/%.*$/, ""))) {
    return "This host has no way to IPv6 addresses; with an IPv4 address beside it, dotls passes over this one.";
  }
  if (kind === "name") return nameAdvice(names);
  if (kind === "tls" && text.includes("application protocol")) {
    return "It refuses what DNS over TLS calls itself (ALPN): is this the port for DNS over TLS?";
  }
  return general.get(kind) ?? "Try again; if it stays so, ask the operator of the server.";
}

const general: ReadonlyMap<FailureKind, string> = new Map([
  ["unreachable", "This host has no way there: look at its routes and its connection to the network."],
  [
    "untrusted",
    "If this server has an authority of its own, set tls.ca to its PEM file; otherwise somebody may stand between you and the server.",
  ],
  ["pin", "The pins that are configured are not those of this server: see below what is there."],
  ["clock", "Set the clock of this host; if it is right, the server's certificate is at fault."],
  [
    "tls",
    "There is something at this port, but it does not speak TLS as it should: is this the port for DNS over TLS?",
  ],
]);

function nameAdvice(names: readonly string[]): string {
  const name = names.find((one) => isIP(one) === 0);
  if (name === undefined)
    return "The certificate carries no name that could be asked for: it cannot be used as it is.";
  return `If this is the server that you mean, write #${name.replace(/^\*\./, "NAME.")} behind its address.`;
}
