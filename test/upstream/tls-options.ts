import { readCa } from "../../src/config/ca-file.ts";
import { DEFAULT_TLS } from "../../src/config/tls-options.ts";
import type { Target } from "../../src/upstream/dial.ts";
import { TlsShared, type TlsServer, type TlsSettings, tlsTarget } from "../../src/upstream/tls-target.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";

/** A server on loopback: a scripted upstream, or something with what is needed of one. */
type Server = Pick<ScriptedUpstream, "address" | "port" | "name" | "caFile">;

/** What targets share in one test, and what they complain of. */
export function sharing(): { readonly shared: TlsShared; readonly problems: string[] } {
  const problems: string[] = [];
  return { shared: new TlsShared(readCa, (text) => problems.push(text)), problems };
}

/** A target for a server with the defaults of the configuration and its authority, but for `tls` and `change`. */
export function optionTarget(
  upstream: Server,
  tls: Partial<TlsSettings> = {},
  change: Partial<Omit<TlsServer, "tls">> = {},
  shared: TlsShared = sharing().shared,
): Target {
  const { address, port, name } = upstream;
  const settings = { ...DEFAULT_TLS, ca: { file: upstream.caFile() }, ...tls };
  return tlsTarget({ address, port, name, pins: [], certHashes: [], ...change, tls: settings }, shared);
}
