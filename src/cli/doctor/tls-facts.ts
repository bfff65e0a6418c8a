import type { TLSSocket } from "node:tls";
import type { Target, TlsProtocol } from "../../upstream/dial.ts";
import { type Finding, finding } from "./finding.ts";
import { type Look, lookWithoutTrust } from "./look-without-trust.ts";

const versions = ["TLSv1.2", "TLSv1.3"] as const;

/** Which versions of TLS the server takes, and what it makes of ALPN, each tried with a handshake that asks nothing. */
export async function tlsFindings(target: Target, protocol: TlsProtocol): Promise<Finding[]> {
  const [withAlpn, ...alone] = await Promise.all([
    lookWithoutTrust(target, { alpn: [protocol] }),
    ...versions.map((version) => lookWithoutTrust(target, { alpn: [], version })),
  ]);
  const accepted = versions.filter((_version, at) => isLook(alone[at]!));
  return [versionFinding(accepted), alpnFinding(protocol, withAlpn, accepted.length > 0)];
}

function versionFinding(accepted: readonly string[]): Finding {
  const facts = { accepted };
  if (accepted.length === 0) {
    return finding("tls-versions", "info", "a second handshake came to nothing", { facts });
  }
  if (!accepted.includes("TLSv1.3")) {
    return finding("tls-versions", "warn", "TLSv1.2 only", {
      facts,
      advice:
        "A handshake takes a round trip more, and shows the certificate to who watches. Only the operator can change that.",
    });
  }
  return finding("tls-versions", "ok", `${accepted.join(", ")} accepted`, { facts });
}

function alpnFinding(
  protocol: TlsProtocol,
  withAlpn: Look | { readonly text: string },
  withoutAlpn: boolean,
): Finding {
  if (!isLook(withAlpn)) {
    if (withoutAlpn) {
      const text = `"${protocol}" is refused: the server only shakes hands without ALPN`;
      return finding("alpn", "warn", text, { facts: { offered: protocol, result: "refused" } });
    }
    return finding("alpn", "info", `not known: ${withAlpn.text}`, {
      facts: { offered: protocol, result: null },
    });
  }
  if (withAlpn.alpn === protocol)
    return finding("alpn", "ok", `"${protocol}" is accepted`, {
      facts: { offered: protocol, result: "accepted" },
    });
  return finding("alpn", "ok", `"${protocol}" is ignored`, {
    facts: { offered: protocol, result: "ignored" },
  });
}

function isLook(result: Look | { readonly text: string }): result is Look {
  return "chain" in result;
}

/** Version, cipher and group of an open connection. */
export function cipherOf(socket: TLSSocket): { version: string; cipher: string; group: string | null } {
  const key = socket.getEphemeralKeyInfo();
  return {
    version: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().standardName,
    group: key !== null && "name" in key ? (key.name ?? null) : null,
  };
}
