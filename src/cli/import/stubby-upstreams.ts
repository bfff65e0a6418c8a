import type { Conversion, SourceOption } from "./conversion.ts";
import { asList, asText, isRecord, type YamlSource } from "./read-source.ts";
import { tlsUpstream, tryParts } from "./server-entry.ts";
import { splitStubbyAddress } from "./stubby-address.ts";
import { MEANINGLESS_IN_UPSTREAM } from "./stubby-meaningless.ts";
import { TLS_OPTIONS, tlsChoices } from "./stubby-tls.ts";

const LIST = "upstream_recursive_servers";

/** What the general part of stubby.yml says about each upstream. */
export interface UpstreamDefaults {
  /** The block that queries are padded to, where it is not the usual one. */
  readonly padding: number | null;
}

/** Converts the servers of stubby.yml. Those that cannot be used are dropped with the reason. */
export function convertUpstreams(
  source: YamlSource,
  defaults: UpstreamDefaults,
  conversion: Conversion,
): void {
  for (const [index, server] of asList(source.raw[LIST]).entries()) {
    const item = source.item(LIST, index);
    const text = asText(server);
    if (isRecord(server)) convertServer(source, index, server, defaults, conversion);
    else if (text !== null) convertServer(source, index, { address_data: text }, defaults, conversion, item);
    else conversion.drop(item, "not a server: it has no address_data");
  }
}

function convertServer(
  source: YamlSource,
  index: number,
  server: Readonly<Record<string, unknown>>,
  defaults: UpstreamDefaults,
  conversion: Conversion,
  bare: SourceOption | null = null,
): void {
  const path = [LIST, index];
  const option = (name: string): SourceOption => bare ?? source.option(name, path);
  const text = asText(server["address_data"]);
  const written = text === null ? null : splitStubbyAddress(text);
  if (written === null) {
    conversion.drop(source.item(LIST, index), "not a server: it has no address_data that can be read");
    return;
  }
  const from = [option("address_data")];
  const remarks: string[] = [];
  if (written.port !== null) remarks.push("the port after @ is that of plain DNS, which is not spoken");
  const scope = asText(server["scope_id"]);
  const port = asText(server["tls_port"]) ?? written.tlsPort;
  const name = asText(server["tls_auth_name"]) ?? written.name;
  const pins = readPins(server["tls_pubkey_pinset"], remarks);
  const more: Record<string, unknown> = {};
  if (pins === null) {
    const reason =
      "this server is left out: it was held to pins, and none of them is a SHA-256 that can be read";
    conversion.drop(option("tls_pubkey_pinset"), reason);
    return;
  }
  if (pins.length > 0 && (name === null || name === "")) {
    more["verify"] = "pin";
    remarks.push("without tls_auth_name the pins alone prove who the server is, as with stubby");
  } else if (name === null || name === "") {
    remarks.push(
      "without tls_auth_name and pins, the certificate must carry the address; add #NAME if it carries a name",
    );
  }
  if (defaults.padding !== null) more["padding"] = defaults.padding;
  const choices = tlsChoices(server, source.option, path, (dropped, reason) =>
    remarks.push(`${dropped.name}: ${reason}`),
  );
  for (const { key, value, remark } of choices) {
    more[key] = value;
    if (remark !== null) remarks.push(`${key}: ${remark}`);
  }
  for (const key of Object.keys(server)) {
    if (key === "address_data") continue;
    if (!KNOWN.has(key) && !TLS_OPTIONS.has(key)) {
      remarks.push(`${key}: ${MEANINGLESS_IN_UPSTREAM.get(key) ?? "this option of a server is not known"}`);
    }
    // A secret stays where it is.
    from.push(key === "tsig_secret" ? { ...option(key), value: "" } : option(key));
  }
  const address = scope === null ? written.address : `${written.address}%${scope}`;
  const made = tryParts(() => tlsUpstream({ address, port, name: name === "" ? null : name, pins, more }));
  if (made.fault === null) conversion.add("upstreams", made.value, from, remarks);
  else conversion.drop(from[0]!, `this server is left out: ${made.fault}`);
}

const KNOWN: ReadonlySet<string> = new Set(["scope_id", "tls_port", "tls_auth_name", "tls_pubkey_pinset"]);

/** The pins that can be read, as dotls writes them; null when there were some, and not one is left. */
function readPins(pinset: unknown, remarks: string[]): string[] | null {
  const entries = asList(pinset);
  const pins: string[] = [];
  for (const entry of entries) {
    const digest = isRecord(entry) ? asText(entry["digest"]) : "sha256";
    const value = isRecord(entry) ? asText(entry["value"]) : pinOfText(asText(entry));
    if (value !== null && digest?.toLowerCase() === "sha256" && isPin(value)) pins.push(value);
    else remarks.push(`a pin that is not the SHA-256 of a key is left out: ${value ?? "it has no value"}`);
  }
  return entries.length > 0 && pins.length === 0 ? null : pins;
}

/** A pin in one piece, as in HTTP: `pin-sha256="..."`. */
function pinOfText(text: string | null): string | null {
  return /^pin-sha256="(.+)"$/.exec(text ?? "")?.[1] ?? null;
}

function isPin(text: string): boolean {
  return (
    tryParts(() => tlsUpstream({ address: "192.0.2.1", port: null, name: null, pins: [text] })).fault === null
  );
}
