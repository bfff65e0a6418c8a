import tls, { type SecureContext, type SecureVersion } from "node:tls";
import { type Failure, failureOf } from "../../upstream/failure.ts";
import { serverNameOf } from "../../upstream/identity.ts";
import { STEP_TIMEOUT, type Target } from "../../upstream/dial.ts";
import { type ChainCertificate, readChain } from "./chain.ts";

/** What a server shows of itself in a handshake. */
export interface Look {
  readonly chain: readonly ChainCertificate[];
  readonly version: string;
  /** What ALPN came to; null: the server chose nothing. */
  readonly alpn: string | null;
}

/** What is offered apart from how this upstream is spoken with anyhow. */
interface LookOptions {
  /** What ALPN offers; empty: no ALPN. */
  readonly alpn: readonly string[];
  /** The one version that is offered; without it, TLS 1.2 and 1.3. */
  readonly version?: SecureVersion;
}

/**
 * Shakes hands with a server **whoever it is**, reads what it shows, and closes. Nothing is authenticated, so nothing is
 * ever sent: no query goes over such a connection, and no ticket of it is kept. It is for telling people which
 * certificate is there when the real dial has refused it, and for trying versions and ALPN. Whoever configured `sni: off` has
 * the name sent to nobody here either, and a server that wants a client certificate sees the one that it would see.
 */
export function lookWithoutTrust(target: Target, { alpn, version }: LookOptions): Promise<Look | Failure> {
  let secureContext: SecureContext;
  try {
    secureContext = contextFor(target, version);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return Promise.resolve({ kind: "tls", text: `TLS: ${reason}` });
  }
  return new Promise((resolve) => {
    let connected = false;
    const socket = tls.connect({
      host: target.address,
      port: target.port,
      servername: target.sni === false ? "" : serverNameOf(target),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      secureContext,
    });
    const timer = setTimeout(() => {
      const step = connected ? "no TLS handshake" : "no TCP connection";
      end({ kind: "timeout", text: `${step} within ${(2 * STEP_TIMEOUT) / 1000} s` });
    }, 2 * STEP_TIMEOUT);
    function end(result: Look | Failure): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    }
    socket.once("connect", () => {
      connected = true;
    });
    socket.once("secureConnect", () => {
      end({
        chain: readChain(socket),
        version: socket.getProtocol() ?? "unknown",
        alpn: typeof socket.alpnProtocol === "string" ? socket.alpnProtocol : null,
      });
    });
    socket.on("error", (error) => end(failureOf(error, connected, Date.now())));
    socket.on("close", () => end({ kind: "tls", text: "closed during the TLS handshake" }));
  });
}

/**
 * As the real dial makes it, but of one version, or of both whatever the configuration allows. With its anchors the root shows
 * up behind the chain, and with it its pin. Throws what OpenSSL says of options that it cannot follow.
 */
function contextFor({ anchors, ciphers, groups, client }: Target, version?: SecureVersion): SecureContext {
  const versions = version === undefined ? {} : { maxVersion: version };
  const options = { ...versions, ciphers: ciphers ?? null, groups: groups ?? null };
  return anchors.context(version ?? "TLSv1.2", options, client?.pair() ?? null);
}
