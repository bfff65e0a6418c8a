import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { rcodeCode, rcodeName } from "../dns/rcode.ts";
import { formatBootstrap } from "./bootstrap.ts";
import type { CacheConfig, CaSource, Config, RouteSpec, TlsOptions, UpstreamSpec } from "./config.ts";
import { formatDnstap } from "./dnstap-address.ts";
import { formatControlHttp } from "./control-http.ts";
import { formatControlToken } from "./control-token.ts";
import { formatDuration } from "./duration.ts";
import { formatListen } from "./listen-address.ts";
import type { LoadedConfig } from "./load.ts";
import { OPTIONS } from "./options.ts";
import { formatSize } from "./size.ts";
import { DEFAULT_PATH, draft, isPlain, PORTS } from "./upstream-draft.ts";
import { readUpstream } from "./upstream-spec.ts";
import { ConfigValueError } from "./value-error.ts";

/** Writes a configuration as YAML that reads back as the same, each option with a comment that says where it is from. */
export function formatConfig({ config, file, origins }: LoadedConfig): string {
  const values = writtenForm(config);
  const lines = [file === null ? "# No configuration file." : `# The configuration file is ${file}.`];
  let open = "";
  for (const key of OPTIONS.keys()) {
    const [first = "", second] = key.split(".");
    if (second !== undefined && first !== open) lines.push(`${first}:`);
    open = first;
    const indent = second === undefined ? "" : "  ";
    const origin = `# ${origins.get(key)}`;
    const value = values.get(key);
    if (Array.isArray(value) && value.length > 0) {
      lines.push(`${indent}${second ?? first}: ${origin}`);
      const items = stringify(value, { lineWidth: 0 }).trimEnd().split("\n");
      lines.push(...items.map((item) => `${indent}  ${item}`));
    } else {
      lines.push(`${indent}${second ?? first}: ${stringify(value, { lineWidth: 0 }).trimEnd()} ${origin}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** An option in force. */
export interface EffectiveOption {
  readonly key: string;
  /** As a file would hold it; secrets are not shown. */
  readonly value: unknown;
  /** Where it comes from: `default`, `dotls.yaml:3:5`, `env DOTLS_X`, `flag --x`. */
  readonly origin: string;
}

/** Every option with its value and where that is from, in the order of the documentation. */
export function effectiveOptions(
  config: Config,
  origins: ReadonlyMap<string, string>,
): readonly EffectiveOption[] {
  const values = writtenForm(config);
  const { token } = config.control;
  // Not even the hash goes over the network; the path of a file says nothing.
  if (typeof token === "object" && "hash" in token) values.set("control.token", "(not shown)");
  return [...OPTIONS.keys()].map((key) => ({
    key,
    value: values.get(key),
    origin: origins.get(key) ?? "program",
  }));
}

/** Each option as a file would hold it. */
function writtenForm(config: Config): Map<string, unknown> {
  const { tls, localNames, history, dnstap } = config;
  return new Map<string, unknown>([
    ["listen", config.listen.map(formatListen)],
    ["shareListeners", config.shareListeners],
    ["upstreams", config.upstreams.map((upstream) => writtenUpstream(upstream, tls))],
    ["policy", config.policy],
    ["timeout", formatDuration(config.timeout)],
    ["retryRcodes", config.retryRcodes.map(writtenRcode)],
    ["bootstrap", config.bootstrap.map(formatBootstrap)],
    ["state", writtenPath(config.state)],
    ...Object.entries({ ...writtenTls(tls), prewarm: tls.prewarm }).map(([key, value]): [string, unknown] => [
      `tls.${key}`,
      value,
    ]),
    ...writtenCache(config.cache),
    ["routes", config.routes.map((route) => writtenRoute(route, config))],
    ...Object.entries(localNames).map(([key, value]): [string, unknown] => [`localNames.${key}`, value]),
    ["cluster", config.cluster],
    ["bypass.enabled", config.bypass.enabled],
    ["bypass.most", formatDuration(config.bypass.most)],
    ["access.allow", config.access.allow],
    ["history.size", history.size],
    ["history.file", writtenPath(history.file)],
    ["history.keep", formatDuration(history.keep)],
    ["history.rotate", formatSize(history.rotate)],
    ["history.total", formatSize(history.total)],
    ["history.every", formatDuration(history.every)],
    ["history.privacy", history.privacy],
    ["history.ignore", [...new Set(history.ignore.map(({ written }) => written))]],
    ["dnstap.to", formatDnstap(dnstap.to)],
    ["dnstap.messages", dnstap.messages],
    ["dnstap.identity", dnstap.identity],
    ["dnstap.buffer", formatSize(dnstap.buffer)],
    ["control.socket", writtenPath(config.control.socket)],
    ["control.http", formatControlHttp(config.control.http)],
    ["control.token", formatControlToken(config.control.token)],
    ["workers", config.workers],
    ["io", config.io],
    ["lameduck", writtenSeconds(config.lameduck)],
    ["watch", config.watch],
    ["user", config.user ?? "none"],
    ["group", config.group ?? "none"],
    ["log.level", config.log.level],
  ]);
}

function writtenCache(cache: CacheConfig): [string, unknown][] {
  return [
    ["cache.size", formatSize(cache.size)],
    ["cache.file", writtenPath(cache.file)],
    ["cache.minTtl", writtenSeconds(cache.minTtl)],
    ["cache.maxTtl", writtenSeconds(cache.maxTtl)],
    ["cache.negativeTtl", writtenSeconds(cache.negativeTtl)],
    ["cache.failureTtl", writtenSeconds(cache.failureTtl)],
    ["cache.serveStale", cache.serveStale],
    ["cache.staleFor", formatDuration(cache.staleFor)],
    ["cache.prefetch", cache.prefetch],
  ];
}

/** No time at all is written as the defaults write it. */
function writtenSeconds(milliseconds: number): string {
  return milliseconds === 0 ? "0s" : formatDuration(milliseconds);
}

function writtenRoute({ match, upstreams, policy }: RouteSpec, config: Config): unknown {
  return {
    match: [...new Set(match.map(({ written }) => written))],
    upstreams: upstreams.map((upstream) => writtenUpstream(upstream, config.tls)),
    ...(policy !== config.policy && { policy }),
  };
}

/** The short form, as the user wrote it, where it says all; else the long one around it. */
function writtenUpstream(upstream: UpstreamSpec, general: TlsOptions): unknown {
  const { protocol, pins, certHashes, padding, method } = upstream;
  const short = readLabel(upstream.label, general);
  if (isDeepStrictEqual(short, upstream)) return upstream.label;
  const usual = draft(protocol, { label: "" });
  return {
    ...writtenPlace(upstream, short),
    ...(method !== usual.method && { method }),
    ...(pins.length > 0 && { pins }),
    ...(certHashes.length > 0 && { certHashes }),
    ...(padding !== usual.padding && { padding: padding ?? "off" }),
    ...(upstream.insecure && { insecure: true }),
    ...(!isPlain(protocol) && ownTls(upstream, general)),
  };
}

/** Where an upstream is: the short form again, when that is what it says; else key by key. */
function writtenPlace(upstream: UpstreamSpec, short: UpstreamSpec | null): Partial<Record<string, unknown>> {
  const { protocol, addresses, port, name, path, label } = upstream;
  const place = { protocol, port, name, path, ddr: upstream.ddr };
  if (short !== null && isDeepStrictEqual({ ...short, ...place }, short)) {
    if (isDeepStrictEqual(short.addresses, addresses)) return { server: label };
    if (short.addresses.length === 0) return { server: label, addresses };
  }
  return {
    ...(protocol !== "tls" && { protocol }),
    ...(addresses.length > 0 && { addresses }),
    ...(port !== PORTS[protocol] && { port }),
    ...(name !== null && { name }),
    ...(path !== DEFAULT_PATH && { path }),
  };
}

/** The upstream that a label would be if it were written; null when it is not one. */
function readLabel(label: string, general: TlsOptions): UpstreamSpec | null {
  try {
    return readUpstream(label, general);
  } catch (error) {
    if (error instanceof ConfigValueError) return null;
    throw error;
  }
}

/** What an upstream says about TLS that does not hold for all. */
function ownTls({ tls, protocol }: UpstreamSpec, general: TlsOptions): Partial<Record<string, unknown>> {
  const common = new Map<string, unknown>(Object.entries(writtenTls(general)));
  // What HTTP/2 negotiates is not for anybody to say.
  if (protocol === "https") common.set("alpn", tls.alpn);
  return Object.fromEntries(
    Object.entries(writtenTls(tls)).filter(([key, value]) => !isDeepStrictEqual(value, common.get(key))),
  );
}

function writtenTls(tls: TlsOptions): Record<keyof TlsOptions, unknown> {
  return {
    verify: tls.verify,
    ca: writtenCa(tls.ca),
    cert: writtenPath(tls.cert),
    key: writtenPath(tls.key),
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    ciphers: tls.ciphers ?? "default",
    groups: tls.groups ?? "default",
    alpn: tls.alpn,
    sni: tls.sni,
    keyLog: writtenPath(tls.keyLog),
  };
}

function writtenCa(ca: CaSource): string {
  if (typeof ca === "string") return ca;
  return "file" in ca ? ca.file : ca.directory;
}

/** The mnemonic of a response code, its number where it has none. */
function writtenRcode(code: number): string | number {
  const name = rcodeName(code);
  return rcodeCode(name) === code ? name : code;
}

function writtenPath(path: string | null): string {
  return path ?? "none";
}
