import { formatDuration } from "../../config/duration.ts";
import type { FoundFile } from "../../config/file.ts";
import { canonicalAddress, isLoopback } from "../../config/ip-address.ts";
import { parseListen } from "../../config/listen-address.ts";
import type { Conversion, SourceOption } from "./conversion.ts";
import { asCount, asList, asText, isRecord, readYaml, type YamlSource } from "./read-source.ts";
import { addListeners, type Listener } from "./listeners.ts";
import { tryParts } from "./server-entry.ts";
import { splitStubbyAddress } from "./stubby-address.ts";
import { MEANINGLESS } from "./stubby-meaningless.ts";
import { TLS_OPTIONS, tlsChoices } from "./stubby-tls.ts";
import { convertUpstreams } from "./stubby-upstreams.ts";

/** What dotls pads queries to when nothing is said (RFC 8467 section 4.1). */
const USUAL_PADDING = 128;

/** The bounds of the key `padding` of an upstream, in bytes. */
const LEAST_PADDING = 16;
const MOST_PADDING = 1024;

/** The bounds of the key `timeout`, in milliseconds. */
const LEAST_TIMEOUT = 100;
const MOST_TIMEOUT = 60_000;

type Handler = (option: SourceOption, value: unknown, source: YamlSource, conversion: Conversion) => void;

/**
 * Converts stubby.yml. What stubby did by default is written out where dotls would do something else.
 *
 * @throws ConfigError ERR_DOTLS_CONFIG when the file is not YAML
 */
export function convertStubby(file: FoundFile, conversion: Conversion): void {
  const source = readYaml(file);
  const { raw } = source;
  convertUpstreams(source, { padding: paddingOf(raw) }, conversion);
  for (const [name, value] of Object.entries(raw)) {
    if (name === "upstream_recursive_servers" || TLS_OPTIONS.has(name)) continue;
    const option = source.option(name);
    const handler = HANDLERS.get(name);
    if (handler !== undefined) handler(option, value, source, conversion);
    else conversion.drop(option, MEANINGLESS.get(name) ?? "this option of stubby is not known");
  }
  const dropped = (option: SourceOption, reason: string): void => conversion.drop(option, reason);
  for (const { key, value, from, remark } of tlsChoices(raw, source.option, [], dropped)) {
    conversion.set(`tls.${key}`, value, from, remark);
  }
  const absent = (name: string): SourceOption => ({ where: file.shown, name, value: "" });
  if (raw["listen_addresses"] === undefined) {
    for (const address of ["127.0.0.1:53", "[::1]:53"]) {
      conversion.add("listen", address, [{ ...absent("listen_addresses"), value: "not given" }]);
    }
  }
  if (raw["round_robin_upstreams"] === undefined) {
    conversion.set("policy", "failover", [{ ...absent("round_robin_upstreams"), value: "not given" }]);
  }
  if (raw["tls_authentication"] === undefined) {
    conversion.remark(absent("tls_authentication"), `not given, so stubby was opportunistic; ${STRICT}`);
  }
}

const STRICT =
  "this stays strict: a server that cannot prove who it is gets no query, and nothing goes out in the clear (verify: opportunistic would ask for less)";

const DNSSEC =
  "dotls does not validate DNSSEC: it passes the records and the AD bit of the server over the authenticated connection; where answers must be checked on this host, put a validating resolver in front of dotls";

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  [
    "resolution_type",
    (option, _, __, conversion) =>
      conversion.drop(option, "dotls is always a stub that asks the servers listed"),
  ],
  ["dns_transport_list", convertTransports],
  ["dns_transport", convertTransports],
  [
    "tls_authentication",
    (option, value, _, conversion) => {
      const strict = asText(value) === "GETDNS_AUTHENTICATION_REQUIRED";
      conversion.drop(option, strict ? "strict is what dotls is unless verify says otherwise" : STRICT);
    },
  ],
  [
    "tls_query_padding_blocksize",
    (option, value, source, conversion) => {
      const padding = paddingOf(source.raw);
      if (padding !== null) conversion.drop(option, `became padding: ${padding} of each upstream`);
      else if (asCount(value) === 0)
        conversion.drop(
          option,
          `queries stay padded to ${USUAL_PADDING} bytes; padding: off of an upstream ends it`,
        );
      else conversion.drop(option, `queries are padded to ${USUAL_PADDING} bytes in any case`);
    },
  ],
  [
    "edns_client_subnet_private",
    (option, _, __, conversion) =>
      conversion.drop(option, "servers are always asked to keep the client's network to themselves"),
  ],
  [
    "round_robin_upstreams",
    (option, value, _, conversion) =>
      conversion.set("policy", asCount(value) === 0 ? "failover" : "round-robin", [option]),
  ],
  ["timeout", convertTimeout],
  ["listen_addresses", convertListen],
  ["dnssec", convertDnssec],
  ["dnssec_return_status", convertDnssec],
  ["dnssec_return_only_secure", convertDnssec],
  ["tls_ca_path", convertCa],
  ["tls_ca_file", convertCa],
  ["log_level", convertLogLevel],
]);

function convertTransports(
  option: SourceOption,
  value: unknown,
  _: YamlSource,
  conversion: Conversion,
): void {
  const onlyTls = asList(value).every((transport) => String(transport).startsWith("GETDNS_TRANSPORT_TLS"));
  if (onlyTls) conversion.drop(option, "TLS is what dotls asks over");
  else
    conversion.drop(
      option,
      "dotls asks over TLS alone and never goes on in the clear: each server listed must speak it",
    );
}

/** The block of `tls_query_padding_blocksize` when it is another than the usual one. 0 is none and 1 getdns's choice. */
function paddingOf(raw: Readonly<Record<string, unknown>>): number | null {
  const block = asCount(raw["tls_query_padding_blocksize"]);
  return block === null || block < LEAST_PADDING || block > MOST_PADDING || block === USUAL_PADDING
    ? null
    : block;
}

function convertTimeout(option: SourceOption, value: unknown, _: YamlSource, conversion: Conversion): void {
  const milliseconds = asCount(value);
  if (milliseconds === null || milliseconds < LEAST_TIMEOUT) {
    conversion.drop(option, `not ${LEAST_TIMEOUT} milliseconds at the least, so the default stays`);
    return;
  }
  const bounded = Math.min(milliseconds, MOST_TIMEOUT);
  const remark =
    bounded === milliseconds ? null : `no client waits longer than ${formatDuration(MOST_TIMEOUT)}`;
  conversion.set("timeout", formatDuration(bounded), [option], remark);
}

function convertListen(
  option: SourceOption,
  value: unknown,
  source: YamlSource,
  conversion: Conversion,
): void {
  const listeners: Listener[] = [];
  for (const [index, item] of asList(value).entries()) {
    const from = Array.isArray(value) ? source.item(option.name, index) : option;
    const text = isRecord(item) ? asText(item["address_data"]) : asText(item);
    const parts = text === null ? null : splitStubbyAddress(text);
    if (parts === null) {
      conversion.drop(from, "not an address to listen on");
      continue;
    }
    const port = (isRecord(item) ? asText(item["port"]) : null) ?? parts.port ?? "53";
    const made = tryParts(() => parseListen(`${parts.address}@${port}`));
    if (made.fault !== null) {
      conversion.drop(from, `not listened on: ${made.fault}`);
      continue;
    }
    const remarks = isLoopback(canonicalAddress(parts.address) ?? "")
      ? []
      : [
          "stubby answers everybody; dotls answers access.allow, which is private networks when it is not set",
        ];
    listeners.push({ doors: made.value, from: [from], remarks });
  }
  addListeners(listeners, conversion);
}

function convertDnssec(option: SourceOption, value: unknown, _: YamlSource, conversion: Conversion): void {
  const off = asText(value) === "GETDNS_EXTENSION_FALSE";
  conversion.drop(option, off ? "off, and dotls does not validate" : DNSSEC);
}

/** A file is fewer authorities than a folder of them: it wins. */
function convertCa(option: SourceOption, value: unknown, source: YamlSource, conversion: Conversion): void {
  const path = asText(value);
  if (path === null || path === "") {
    conversion.drop(option, "empty, so the authorities of the system are trusted");
    return;
  }
  const file = asText(source.raw["tls_ca_file"]);
  if (option.name === "tls_ca_path" && file !== null && file !== "") {
    conversion.drop(option, "one source of authorities is taken, and tls_ca_file is there too");
    return;
  }
  const relative = path.startsWith("/")
    ? null
    : "a path that is not absolute starts from the folder of dotls.yaml";
  conversion.set("tls.ca", path.startsWith("/") ? path : `./${path}`, [option], relative);
}

const LOG_LEVELS: ReadonlyMap<string, string> = new Map([
  ["EMERG", "error"],
  ["ALERT", "error"],
  ["CRIT", "error"],
  ["ERR", "error"],
  ["WARNING", "warn"],
  ["NOTICE", "info"],
  ["INFO", "info"],
  ["DEBUG", "debug"],
]);

function convertLogLevel(option: SourceOption, value: unknown, _: YamlSource, conversion: Conversion): void {
  const text = asText(value) ?? "";
  const numbered = /^[0-7]$/.test(text) ? [...LOG_LEVELS.values()][Number(text)] : undefined;
  const level = numbered ?? LOG_LEVELS.get(text.replace(/^GETDNS_LOG_/, ""));
  if (level === undefined) conversion.drop(option, "this level is not known, so the default stays");
  else conversion.set("log.level", level, [option]);
}
