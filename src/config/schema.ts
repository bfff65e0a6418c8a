import { z } from "zod";
import type { CaSource, Config, ListenAddress, UpstreamSpec } from "./config.ts";
import {
  between,
  duration,
  fileOrNone,
  list,
  parseCa,
  parseCount,
  parsed,
  parsePath,
  text,
} from "./fields.ts";
import { issuesOf, type LayerIssue } from "./issues.ts";
import { parseListen } from "./listen-address.ts";
import { parsePin } from "./pin.ts";
import { parsePrefix } from "./prefix.ts";
import { parseServerName } from "./server-name.ts";
import { formatSize, parseSize } from "./size.ts";
import { DOT_PORT, formatUpstream, parseUpstream, upstreamAddress, upstreamPort } from "./upstream-spec.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What one source (a file, the environment, the flags) says: any part of the configuration, its paths not resolved. */
export interface Layer {
  listen?: ListenAddress[] | undefined;
  upstreams?: UpstreamSpec[] | undefined;
  timeout?: number | undefined;
  tls?:
    | { ca?: CaSource | undefined; minVersion?: Config["tls"]["minVersion"] | undefined }
    | null
    | undefined;
  access?: { allow?: string[] | undefined } | null | undefined;
  history?: LayerHistory | null | undefined;
  /** `auto` until it is known for whom. */
  control?: { socket?: "auto" | { file: string } | null | undefined } | null | undefined;
  log?: { level?: Config["log"]["level"] | undefined } | null | undefined;
}

interface LayerHistory {
  size?: number | undefined;
  file?: string | null | undefined;
  keep?: number | undefined;
  rotate?: number | undefined;
}

/** One option, as the documentation, the environment and the flags need it. */
export interface Option {
  /** As it stands in a file: `tls.ca`. */
  readonly key: string;
  /** What it takes, in words. */
  readonly type: string;
  readonly description: string;
  /** As it would be written in a file. */
  readonly default: string | number | null | readonly string[];
  /** Whether it takes a list. */
  readonly list: boolean;
}

type About = Omit<Option, "key" | "list">;

const caSource = text("system, or the path of a PEM file").transform(parsed(parseCa));

const longUpstream = z
  .strictObject({
    address: text("an IP address").transform(parsed(upstreamAddress)).optional(),
    addresses: list(text("an IP address").transform(parsed(upstreamAddress)), "IP addresses").optional(),
    port: z
      .union([z.string(), z.number()], { error: () => "wants a port, as in 853" })
      .transform(parsed((value) => upstreamPort(String(value))))
      .optional(),
    name: text("the name of the server, or null").transform(parsed(parseServerName)).nullable().optional(),
    pins: list(text("a pin").transform(parsed(parsePin)), "pins").optional(),
    ca: caSource.optional(),
  })
  .transform((long, context): UpstreamSpec => {
    const addresses = long.addresses ?? (long.address === undefined ? [] : [long.address]);
    if (addresses.length === 0) {
      context.addIssue({
        code: "custom",
        message: "has no addresses",
        params: { hint: "add addresses: [ADDRESS]" },
      });
    } else if (long.address !== undefined && long.addresses !== undefined) {
      context.addIssue({
        code: "custom",
        message: "has both address and addresses",
        params: { hint: "keep one" },
      });
    } else if (new Set(addresses).size < addresses.length) {
      context.addIssue({ code: "custom", message: "has the same address twice" });
    }
    const spec = {
      addresses,
      port: long.port ?? DOT_PORT,
      name: long.name ?? null,
      pins: long.pins ?? [],
      ca: long.ca ?? null,
    };
    return { ...spec, label: labelOf(spec) };
  });

const schema = z.strictObject({
  listen: list(text("an address and a port").transform(parsed(parseListen)), "addresses")
    .transform((several) => several.flat())
    .meta({
      type: "list of `udp://ADDRESS:PORT`, `tcp://ADDRESS:PORT`, or `ADDRESS:PORT` for both",
      description: "Where programs ask, in plain DNS.",
      default: ["udp://127.0.0.1:5300", "tcp://127.0.0.1:5300"],
    } satisfies About)
    .optional(),
  upstreams: list(
    z.union([z.string().transform(parsed(parseUpstream)), longUpstream], {
      error: () => "wants an upstream, as in tls://1.1.1.1#cloudflare-dns.com",
    }),
    "upstreams",
  )
    .meta({
      type: "list of upstreams",
      description:
        "The resolvers that are asked over TLS, in strict order: the first that works gets every query.",
      default: ["tls://1.1.1.1#cloudflare-dns.com", "tls://1.0.0.1#cloudflare-dns.com"],
    } satisfies About)
    .optional(),
  timeout: duration(100, MINUTE)
    .meta({
      type: "duration, 100ms to 1m",
      description:
        "How long a client waits at most, all tries at all upstreams included; then it gets SERVFAIL.",
      default: "4s",
    } satisfies About)
    .optional(),
  tls: z
    .strictObject({
      ca: caSource
        .meta({
          type: "`system` or the path of a PEM file",
          description:
            "The certification authorities that may vouch for upstreams. `system` stands for those of the operating system, or of the file that `SSL_CERT_FILE` names, with `NODE_EXTRA_CA_CERTS` on top; where there are none, for those that Node.js ships with.",
          default: "system",
        } satisfies About)
        .optional(),
      minVersion: z
        .literal(["TLSv1.2", "TLSv1.3"], {
          error: () => "wants TLSv1.2 or TLSv1.3; RFC 8996 forbids anything older",
        })
        .meta({
          type: "`TLSv1.2` or `TLSv1.3`",
          description: "The oldest version of TLS that is spoken with an upstream.",
          default: "TLSv1.2",
        } satisfies About)
        .optional(),
    })
    .nullish(),
  access: z
    .strictObject({
      allow: list(text("a prefix").transform(parsed(parsePrefix)), "prefixes")
        .meta({
          type: "list of prefixes or addresses",
          description:
            "The clients that are answered; all others are refused. The default is loopback, private (RFC 1918, RFC 4193), shared (RFC 6598) and link-local addresses.",
          default: [
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "::1/128",
            "fc00::/7",
            "fe80::/10",
          ],
        } satisfies About)
        .optional(),
    })
    .nullish(),
  history: z
    .strictObject({
      size: z
        .union([z.string(), z.number()], { error: () => "wants a whole number" })
        .transform(parsed(parseCount))
        .meta({
          type: "whole number, 0 to 1000000",
          description:
            "How many of the last queries are kept in memory, at some 300 bytes each; 0 keeps none.",
          default: 10_000,
        } satisfies About)
        .optional(),
      file: text("the path of a file, or null")
        .transform(parsed(parsePath))
        .nullable()
        .meta({
          type: "path or `null`",
          description:
            "A file that every query is appended to, one JSON object a line; `null` or `none`: no file.",
          default: null,
        } satisfies About)
        .optional(),
      keep: duration(MINUTE, 3650 * DAY)
        .meta({
          type: "duration, 1m to 3650d",
          description: "How long a file that was rotated away is kept.",
          default: "7d",
        } satisfies About)
        .optional(),
      rotate: z
        .union([z.string(), z.number()], { error: () => "wants a size, as in 64MiB" })
        .transform(parsed((value) => between(parseSize(String(value)), 4096, 2 ** 40, formatSize)))
        .meta({
          type: "size, 4KiB to 1024GiB",
          description: "The size at which the file is rotated.",
          default: "64MiB",
        } satisfies About)
        .optional(),
    })
    .nullish(),
  control: z
    .strictObject({
      socket: text("auto, none, or the path of a socket")
        .transform(parsed((value) => (value === "auto" ? value : fileOrNone(value))))
        .nullable()
        .meta({
          type: "`auto`, `none` or a path",
          description:
            "The Unix socket through which `dotls status` and `dotls history` talk to the running server.",
          default: "auto",
        } satisfies About)
        .optional(),
    })
    .nullish(),
  log: z
    .strictObject({
      level: z
        .literal(["error", "warn", "info", "debug"], { error: () => "wants error, warn, info or debug" })
        .meta({
          type: "`error`, `warn`, `info` or `debug`",
          description: "What is worth a line in the log. Queries are never logged: they are in the history.",
          default: "info",
        } satisfies About)
        .optional(),
    })
    .nullish(),
});

/** Checks what one source says. Gives it read and ready to be merged, or every issue with it. */
export function checkLayer(
  raw: unknown,
): { layer: Layer; issues: null } | { layer: null; issues: LayerIssue[] } {
  const result = schema.safeParse(raw);
  if (result.success) return { layer: result.data, issues: null };
  return { layer: null, issues: result.error.issues.flatMap((issue) => issuesOf(issue)) };
}

/** Every option there is, in the order of the documentation. */
export function listOptions(): Option[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
    const section = inner instanceof z.ZodNullable ? inner.unwrap() : inner;
    if (!(section instanceof z.ZodObject)) return [optionOf(name, section)];
    return Object.entries(section.shape).map(([key, leaf]) => optionOf(`${name}.${key}`, leaf.unwrap()));
  });
}

/** The keys that an upstream in the long form takes. */
export function upstreamKeys(): string[] {
  return Object.keys(longUpstream.in.shape);
}

function optionOf(key: string, field: z.core.$ZodType): Option {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every leaf carries an About: `satisfies` saw to it
  const about = z.globalRegistry.get(field) as unknown as About;
  return { ...about, key, list: Array.isArray(about.default) };
}

/** Several addresses are told apart by whoever uses them one by one: the name says what they have in common. */
function labelOf(spec: Omit<UpstreamSpec, "label">): string {
  if (spec.name === null || spec.addresses.length === 1) return formatUpstream(spec);
  return spec.port === DOT_PORT ? spec.name : `${spec.name}:${spec.port}`;
}
