import { z } from "zod";
import { labelOf } from "./format-upstream.ts";
import { between, list, onOrOff, parsed, text } from "./fields.ts";
import { httpsPath } from "./https-url.ts";
import { FORMS, wholeNumber } from "./json-form.ts";
import { parsePin } from "./pin.ts";
import { parseServerName } from "./server-name.ts";
import { TLS_KEYS, tlsFields } from "./tls-fields.ts";
import { upstreamAddress, upstreamPort } from "./upstream-address.ts";
import { draft, isPlain, type UpstreamDraft } from "./upstream-draft.ts";
import { parseUpstream } from "./upstream-spec.ts";

const address = text("an IP address").transform(parsed(upstreamAddress));
const sha256 = text("a pin").transform(parsed(parsePin));

const longUpstream = z
  .strictObject({
    server: text("an upstream in the short form").transform(parsed(parseUpstream)).optional(),
    address: address.optional(),
    addresses: list(address, "IP addresses").optional(),
    protocol: z
      .literal(["tls", "https", "udp", "tcp"], { error: () => "wants tls, https, udp or tcp" })
      .optional(),
    port: z
      .union([z.string(), z.number()], { error: () => "wants a port, as in 853" })
      .register(FORMS, wholeNumber(1, 65_535))
      .transform(parsed((value) => upstreamPort(String(value))))
      .optional(),
    name: text("the name of the server, or null").transform(parsed(parseServerName)).nullable().optional(),
    path: text("a path, as in /dns-query").transform(parsed(httpsPath)).optional(),
    method: z.literal(["POST", "GET"], { error: () => "wants POST or GET" }).optional(),
    pins: list(sha256, "pins").optional(),
    certHashes: list(sha256, "hashes of certificates").optional(),
    padding: z
      .union([z.string(), z.number(), z.literal(false)], { error: () => "wants a number of bytes, or off" })
      .register(FORMS, wholeNumber(16, 1024, "off", "none", false))
      .transform(parsed(parsePadding))
      .optional(),
    insecure: onOrOff.optional(),
    verify: tlsFields.verify.optional(),
    ca: tlsFields.ca.optional(),
    cert: tlsFields.cert.optional(),
    key: tlsFields.key.optional(),
    minVersion: tlsFields.minVersion.optional(),
    maxVersion: tlsFields.maxVersion.optional(),
    ciphers: tlsFields.ciphers.optional(),
    groups: tlsFields.groups.optional(),
    alpn: tlsFields.alpn.optional(),
    sni: tlsFields.sni.optional(),
    keyLog: tlsFields.keyLog.optional(),
  })
  .transform((long, context): UpstreamDraft => {
    for (const { message, hint, key } of faultsOf(long)) {
      context.addIssue({
        code: "custom",
        message,
        params: { hint },
        ...(key !== null && { path: [key] }),
      });
    }
    const addresses = long.addresses ?? (long.address === undefined ? [] : [long.address]);
    const tls = Object.fromEntries(
      TLS_KEYS.filter((key) => long[key] !== undefined).map((key) => [key, long[key]]),
    );
    const rest = {
      ...(addresses.length > 0 && { addresses }),
      ...(long.pins && { pins: long.pins }),
      ...(long.certHashes && { certHashes: long.certHashes }),
      ...(long.padding !== undefined && { padding: long.padding }),
      ...(long.method && { method: long.method }),
      ...(long.insecure !== undefined && { insecure: long.insecure }),
      tls,
    };
    if (long.server !== undefined) return { ...long.server, ...rest };
    const spec = draft(long.protocol ?? "tls", {
      ...rest,
      ...(long.port !== undefined && { port: long.port }),
      ...(long.path !== undefined && { path: long.path }),
      name: long.name ?? null,
      label: "",
    });
    return { ...spec, label: labelOf(spec) };
  });

type Long = z.output<typeof longUpstream.in>;

/** One upstream, in the short form or in the long one. */
export const upstreamField: z.ZodType<UpstreamDraft> = z.union(
  [z.string().transform(parsed(parseUpstream)), longUpstream],
  { error: () => "wants an upstream, as in tls://1.1.1.1#cloudflare-dns.com" },
);

/** The keys that an upstream in the long form takes. */
export function upstreamKeys(): string[] {
  return Object.keys(longUpstream.in.shape);
}

interface Fault {
  readonly message: string;
  readonly hint: string | null;
  /** The key that it is about; null: the upstream as a whole. */
  readonly key: string | null;
}

/** What the keys of one upstream say that does not go together. */
function faultsOf(long: Long): Fault[] {
  return [...serverFaults(long), ...addressFaults(long), ...protocolFaults(long)];
}

function serverFaults(long: Long): Fault[] {
  if (long.server === undefined) return [];
  const said = (["protocol", "port", "name", "path"] as const).filter((key) => long[key] !== undefined);
  return said.map((key) => ({ key, message: "server has a word on that already", hint: "keep one of them" }));
}

function addressFaults(long: Long): Fault[] {
  const fault = (message: string, hint: string | null = null): Fault[] => [{ key: null, message, hint }];
  const addresses = long.addresses ?? (long.address === undefined ? [] : [long.address]);
  if (long.address !== undefined && long.addresses !== undefined) {
    return fault("has both address and addresses", "keep one");
  }
  if (new Set(addresses).size < addresses.length) return fault("has the same address twice");
  if (long.server !== undefined) {
    return addresses.length > 0 && long.server.addresses.length > 0
      ? fault("server has an address already", "keep one of them")
      : [];
  }
  if (addresses.length > 0) return [];
  if ((long.name ?? null) === null) return fault("has no addresses", "add addresses: [ADDRESS]");
  return isPlain(long.protocol ?? "tls")
    ? fault("a plain resolver is known by its address alone", "add addresses: [ADDRESS]")
    : [];
}

function protocolFaults(long: Long): Fault[] {
  const protocol = long.server?.protocol ?? long.protocol ?? "tls";
  const plain = isPlain(protocol);
  const given = (keys: readonly (keyof Long)[]): (keyof Long)[] =>
    keys.filter((key) => long[key] !== undefined && long[key] !== null);
  const pointless = (keys: (keyof Long)[], message: string, hint: string): Fault[] =>
    keys.map((key) => ({ key, message, hint }));
  return [
    ...pointless(
      plain ? given(["name", "pins", "certHashes", "padding", ...TLS_KEYS]) : [],
      `means nothing to ${protocol}, which is in the clear`,
      "leave it away",
    ),
    ...pointless(
      plain ? [] : given(["insecure"]),
      "is for plain upstreams, and this one is not",
      "what a server must prove is said by verify",
    ),
    ...pointless(
      protocol === "https" ? [] : given(["path", "method"]),
      "is for upstreams under https",
      "leave it away",
    ),
    ...pointless(
      protocol === "https" ? given(["alpn"]) : [],
      "HTTP/2 is negotiated as h2 and as nothing else",
      "leave it away",
    ),
  ];
}

/** A block size for padding, or null for `off`. */
function parsePadding(value: string | number | false): number | null {
  if (value === false || value === "off" || value === "none" || value === "false") return null;
  if (!/^\d+$/.test(String(value)))
    throw new RangeError(`"${value}" is not a number of bytes; write 128 or off`);
  return between(Number(value), 16, 1024, String);
}
