import { labelOf } from "./format-upstream.ts";
import { bracketed, canonicalAddress } from "./ip-address.ts";
import { httpsPath } from "./https-url.ts";
import { parseServerName } from "./server-name.ts";
import { splitAddress } from "./split-address.ts";
import { lengthAndSet, lengthAndText, StampReader } from "./stamp-bytes.ts";
import { upstreamAddress, upstreamPort } from "./upstream-address.ts";
import { draft, PORTS, type Protocol, type UpstreamDraft } from "./upstream-draft.ts";
import { ConfigValueError } from "./value-error.ts";

/*
 * DNS stamps (dnscrypt.info/stamps-specifications): Base64url of one byte for the protocol, eight for what the operator
 * promises, and the fields of the protocol. The promises (DNSSEC, no logs, no filter) cannot be checked and are passed
 * over.
 */

const PLAIN = 0x00;
const HTTPS = 0x02;
const TLS = 0x03;

/** The kinds of stamp for what dotls does not speak. */
const FOREIGN: ReadonlyMap<number, string> = new Map([
  [0x01, "DNSCrypt"],
  [0x04, "DNS over QUIC"],
  [0x05, "Oblivious DNS over HTTPS"],
  [0x81, "a relay of Anonymized DNSCrypt"],
  [0x85, "a relay of Oblivious DNS over HTTPS"],
]);

/**
 * Reads a DNS stamp of a plain resolver, of one over HTTPS or of one over TLS. The hashes of certificates that are in
 * it become `certHashes`. Addresses of resolvers to ask for the server's address are passed over: `bootstrap` says whom
 * to ask, for all.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function parseStamp(stamp: string): UpstreamDraft {
  const base64 = stamp.slice("sdns://".length);
  const bytes = Buffer.from(base64, "base64url");
  if (!/^[\w-]+={0,2}$/.test(base64) || bytes.toString("base64url") !== base64.replace(/=+$/, "")) {
    throw bad(`"${shown(stamp)}" is not Base64, as a stamp is`);
  }
  const reader = new StampReader(bytes);
  const kind = reader.take(1)?.[0];
  const foreign = FOREIGN.get(kind ?? -1);
  if (foreign !== undefined) {
    throw bad(
      `"${shown(stamp)}" is a stamp for ${foreign}, which dotls does not speak`,
      "take the stamp for DNS over TLS or DNS over HTTPS of the same operator",
    );
  }
  if (kind !== PLAIN && kind !== HTTPS && kind !== TLS) {
    throw bad(`"${shown(stamp)}" is a stamp of a kind that is not known: ${kind}`);
  }
  const promises = reader.take(8);
  const host = reader.text();
  if (promises === null || host === null) throw cut(stamp);
  return kind === PLAIN ? plainStamp(stamp, host, reader) : secureStamp(stamp, kind, host, reader);
}

function plainStamp(stamp: string, host: string, reader: StampReader): UpstreamDraft {
  const { address, port } = endpoint(stamp, host, PORTS.udp);
  if (address === null) throw bad(`"${shown(stamp)}" is a stamp for plain DNS without an address`);
  refuseRest(stamp, reader);
  return labelled(draft("udp", { addresses: [address], port, label: stamp }));
}

function secureStamp(stamp: string, kind: number, host: string, reader: StampReader): UpstreamDraft {
  const protocol: Protocol = kind === HTTPS ? "https" : "tls";
  const hashes = reader.set();
  const named = reader.text();
  const path = kind === HTTPS ? reader.text() : "";
  if (hashes === null || named === null || path === null) throw cut(stamp);
  if (!reader.ended && reader.set() === null) throw cut(stamp);
  refuseRest(stamp, reader);
  if (hashes.some((hash) => hash.length !== 32)) {
    throw bad(`"${shown(stamp)}" has a hash that is no SHA-256`);
  }
  // The port of the name counts for the server; that of the address, where there is one, must not say another.
  const [, name = "", namePort] = /^([^:]*)(?::(.*))?$/.exec(named) ?? [];
  const fallback = namePort === undefined ? PORTS[protocol] : upstreamPort(namePort);
  const { address, port } = endpoint(stamp, host, fallback);
  if (namePort !== undefined && port !== fallback) throw bad(`"${shown(stamp)}" has two different ports`);
  const nameIsAddress = canonicalAddress(name) !== null;
  if (name === "" && address === null) throw bad(`"${shown(stamp)}" names no server`);
  const upstream = draft(protocol, {
    addresses: address === null ? (nameIsAddress ? [upstreamAddress(name)] : []) : [address],
    port,
    name: name === "" || nameIsAddress ? null : parseServerName(name),
    ...(protocol === "https" && { path: httpsPath(path) }),
    certHashes: hashes.map((hash) => Buffer.from(hash).toString("base64")),
    label: stamp,
  });
  return labelled(upstream);
}

/** Nobody recognises a server by its stamp. */
function labelled(upstream: UpstreamDraft): UpstreamDraft {
  return { ...upstream, label: labelOf(upstream) };
}

/** Reads `ADDRESS[:PORT]` or `:PORT`; the address is null where there is none. */
function endpoint(stamp: string, text: string, fallback: number): { address: string | null; port: number } {
  if (text === "") return { address: null, port: fallback };
  if (text.startsWith(":")) return { address: null, port: upstreamPort(text.slice(1)) };
  const parts = splitAddress(text);
  if (parts === null) throw bad(`"${shown(stamp)}" has "${text}" for an address`);
  const scope = parts.zone === null ? "" : `%${parts.zone}`;
  const port = parts.port === null ? fallback : upstreamPort(parts.port);
  return { address: upstreamAddress(`${parts.address}${scope}`), port };
}

function refuseRest(stamp: string, reader: StampReader): void {
  if (!reader.ended) throw bad(`"${shown(stamp)}" goes on after its end`);
}

/**
 * Writes the stamp of an upstream: of its first address where it has several. `promises` are the bits of what its
 * operator says of it (1 DNSSEC, 2 no logs, 4 no filter). Null for what no stamp can say: pins, and TCP alone.
 */
export function formatStamp(upstream: Omit<UpstreamDraft, "label" | "tls">, promises = 0): string | null {
  const { protocol, port, name, path, certHashes } = upstream;
  if (protocol === "tcp" || upstream.ddr || upstream.pins.length > 0) return null;
  const kind = { udp: PLAIN, https: HTTPS, tls: TLS }[protocol];
  const address = upstream.addresses[0] ?? null;
  const portText = port === PORTS[protocol] ? "" : `:${port}`;
  const host = address === null ? "" : bracketed(address);
  const fields =
    kind === PLAIN
      ? [lengthAndText(`${host}${portText}`)]
      : [
          lengthAndText(host === "" ? "" : `${host}${portText}`),
          lengthAndSet(certHashes.map((hash) => Buffer.from(hash, "base64"))),
          lengthAndText(name === null ? "" : `${name}${portText}`),
          ...(kind === HTTPS ? [lengthAndText(path)] : []),
        ];
  const head = Buffer.alloc(9);
  head[0] = kind;
  head.writeUInt8(promises, 1);
  return `sdns://${Buffer.concat([head, ...fields]).toString("base64url")}`;
}

/** The beginning of a stamp: all of it would fill the line. */
function shown(stamp: string): string {
  return stamp.length > 28 ? `${stamp.slice(0, 24)}...` : stamp;
}

function cut(stamp: string): ConfigValueError {
  return bad(`"${shown(stamp)}" ends too early`, "copy all of it");
}

function bad(message: string, hint: string | null = null): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
