import { z } from "zod";
import type { BootstrapServer, BypassConfig, Config, ListenAddress, LocalNames, Policy } from "./config.ts";
import { parseBootstrap } from "./bootstrap.ts";
import { type CacheLayer, cacheSection } from "./cache-schema.ts";
import { type ControlLayer, controlSection } from "./control-schema.ts";
import { type DnstapLayer, dnstapSection } from "./dnstap-schema.ts";
import { duration, fileOrNone, list, onOrOff, parsed, possibleList, text } from "./fields.ts";
import { type HistoryLayer, historySection } from "./history-schema.ts";
import { issuesOf, type LayerIssue } from "./issues.ts";
import { FORMS, type JsonSchema, wholeNumber } from "./json-form.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { parseListen } from "./listen-address.ts";
import type { About, Option } from "./option.ts";
import { parsePrefix } from "./prefix.ts";
import { parseRetryRcode } from "./retry-rcode.ts";
import { policyField, type RouteDraft, routeField } from "./route-schema.ts";
import { type ProcessLayer, processOptions } from "./process-schema.ts";
import { type TlsLayer, tlsSection } from "./tls-schema.ts";
import type { UpstreamDraft } from "./upstream-draft.ts";
import { upstreamField } from "./upstream-schema.ts";
import { parseWorkers } from "./workers.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** `auto` until it is known for whom. */
type AutoPath = "auto" | { file: string } | null;

/** What one source (a file, the environment, the flags) says: any part of the configuration, its paths not resolved. */
export interface Layer extends ProcessLayer {
  listen?: ListenAddress[] | undefined;
  shareListeners?: boolean | undefined;
  upstreams?: UpstreamDraft[] | undefined;
  policy?: Policy | undefined;
  timeout?: number | undefined;
  retryRcodes?: number[] | undefined;
  bootstrap?: BootstrapServer[] | undefined;
  state?: AutoPath | undefined;
  tls?: TlsLayer | null | undefined;
  cache?: CacheLayer | null | undefined;
  routes?: RouteDraft[] | undefined;
  localNames?: { [Group in keyof LocalNames]?: boolean | undefined } | null | undefined;
  cluster?: Config["cluster"] | undefined;
  bypass?: { [Key in keyof BypassConfig]?: BypassConfig[Key] | undefined } | null | undefined;
  access?: { allow?: string[] | undefined } | null | undefined;
  history?: HistoryLayer | null | undefined;
  dnstap?: DnstapLayer | null | undefined;
  workers?: number | "auto" | undefined;
  io?: Config["io"] | undefined;
  control?: ControlLayer | null | undefined;
  log?: { level?: Config["log"]["level"] | undefined } | null | undefined;
}

const autoPath = text("auto, none, or a path")
  .transform(parsed((value) => (value === "auto" ? value : fileOrNone(value))))
  .nullable();

/** A group of names that is answered here unless it is switched off. */
function localNames(description: string): z.ZodOptional<z.ZodType<boolean>> {
  return onOrOff.meta({ type: "`true` or `false`", description, default: true } satisfies About).optional();
}

const schema = z.strictObject({
  listen: list(text("an address and a port").transform(parsed(parseListen)), "addresses")
    .transform((several) => several.flat())
    .meta({
      type: "list of `udp://ADDRESS:PORT`, `tcp://ADDRESS:PORT`, or `ADDRESS:PORT` for both",
      description: "Where programs ask, in plain DNS.",
      default: ["udp://127.0.0.1:5300", "tcp://127.0.0.1:5300"],
    } satisfies About)
    .optional(),
  shareListeners: onOrOff
    .meta({
      type: "`true` or `false`",
      description:
        "Whether another dotls of the same user may listen on the same addresses and ports, so that a new process takes over from an old one without a query lost ([operating](operating.md)). Both must have it on. A dotls that is started twice by mistake is not told so then. Needs the optional package koffi.",
      default: false,
    } satisfies About)
    .optional(),
  upstreams: list(upstreamField, "upstreams")
    .meta({
      type: "list of upstreams",
      description: "The resolvers that are asked, over TLS or HTTPS, for every name that no route matches.",
      default: ["tls://1.1.1.1#cloudflare-dns.com", "tls://1.0.0.1#cloudflare-dns.com"],
    } satisfies About)
    .optional(),
  policy: policyField
    .meta({
      type: "`failover`, `round-robin`, `fastest`, `race` or `hash`",
      description:
        "How one of several upstreams is chosen. `failover`: the first that works. `round-robin`: each in turn. `fastest`: the one that has answered soonest of late; now and then another, to see whether it has become faster. `race`: two at once, and the first answer counts. `hash`: every name of one registrable domain by the same upstream, so that none of them sees everything.",
      default: "fastest",
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
  retryRcodes: possibleList(
    z
      .union([z.string(), z.number()], { error: () => "wants a response code, as in SERVFAIL" })
      .transform(parsed(parseRetryRcode)),
    "response codes",
  )
    .meta({
      type: "list of response codes, or `none`",
      description:
        "The response codes after which one other server is asked. NXDOMAIN and answers without records are answers: after them nobody else is asked.",
      default: ["SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"],
    } satisfies About)
    .optional(),
  bootstrap: possibleList(
    text("the IP address of a resolver").transform(parsed(parseBootstrap)),
    "IP addresses",
  )
    .meta({
      type: "list of `ADDRESS` or `ADDRESS:PORT`, or `none`",
      description:
        "Plain resolvers that are asked for the addresses of upstreams which are written by name, and for nothing else. They learn which upstreams are used; what they answer is checked by the certificates of the upstreams.",
      default: [],
    } satisfies About)
    .optional(),
  state: autoPath
    .meta({
      type: "`auto`, `none` or the path of a folder",
      description:
        "Where what should outlive the process is kept, such as the addresses of upstreams. `auto` stands for the folder that systemd made for the service, else for `/var/lib/dotls` when root runs dotls, else for `dotls` in `$XDG_STATE_HOME` or `~/.local/state`.",
      default: "auto",
    } satisfies About)
    .optional(),
  tls: tlsSection.nullish(),
  cache: cacheSection.nullish(),
  routes: possibleList(routeField, "routes")
    .meta({
      type: "list of routes",
      description:
        "Names that go to upstreams of their own. The longest suffix that matches decides; plain resolvers may stand here.",
      default: [],
    } satisfies About)
    .optional(),
  localNames: z
    .strictObject({
      localhost: localNames("`localhost` and all below it (RFC 6761): the loopback addresses."),
      invalid: localNames("`invalid` (RFC 6761): there is no such name."),
      test: localNames("`test` (RFC 6761): there is no such name, unless a route has it."),
      reverse: localNames(
        "The reverse zones of private and special addresses (RFC 6303): there is no such name, unless a route has it.",
      ),
      homeArpa: localNames("`home.arpa` (RFC 8375): there is no such name, unless a route has it."),
      local: localNames(
        "`local` (RFC 6762), which is asked for by multicast: there is no such name, unless a route has it.",
      ),
      onion: localNames("`onion` (RFC 7686): there is no such name."),
      resolverArpa: localNames(
        "`resolver.arpa` (RFC 9462), by which clients ask for an encrypted way to this server: there is none.",
      ),
      ipv4onlyArpa: localNames(
        "`ipv4only.arpa` (RFC 8880), by which clients look for NAT64: the IPv4 addresses that it always has. Switch it off when the upstreams do DNS64.",
      ),
    })
    .nullish(),
  cluster: z
    .literal(["auto", "off"], { error: () => "wants auto or off" })
    .meta({
      type: "`auto` or `off`",
      description:
        "Inside Kubernetes, `auto` sends the zone of the cluster, `cluster.local` say, to the name server that stands in `/etc/resolv.conf`, in the clear as the cluster has it. It sees the cluster by a search domain that begins with `svc.` or has `.svc.` in it. A route for the zone takes its place.",
      default: "auto",
    } satisfies About)
    .optional(),
  bypass: z
    .strictObject({
      enabled: onOrOff
        .meta({
          type: "`true` or `false`",
          description:
            "Whether `dotls bypass` may open a way to the plain resolvers of the network for a while, to get through a captive portal.",
          default: false,
        } satisfies About)
        .optional(),
      most: duration(1000, DAY)
        .meta({
          type: "duration, 1s to 1d",
          description: "For how long at most; then it closes by itself.",
          default: "10m",
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
  history: historySection.nullish(),
  dnstap: dnstapSection.nullish(),
  control: controlSection.nullish(),
  workers: z
    .union([z.string(), z.number()], { error: () => "wants auto or a whole number" })
    .register(FORMS, wholeNumber(1, 64, "auto"))
    .transform(parsed(parseWorkers))
    .meta({
      type: "`auto`, or a whole number, 1 to 64",
      description:
        "How many threads answer queries; `auto`: half of the processors that dotls may use, a quota of its cgroup counted, and 1 to 4. Each has sockets and connections to the upstreams of its own; the cache, the history and the counters are shared. More than 1 needs sockets that share an address (`SO_REUSEPORT`).",
      default: "auto",
    } satisfies About)
    .optional(),
  io: z
    .literal(["auto", "dgram", "batch"], { error: () => "wants auto, dgram or batch" })
    .meta({
      type: "`auto`, `dgram` or `batch`",
      description:
        "How datagrams of clients are received and sent. `dgram`: one by one, as Node.js does. `batch`: up to 64 in one system call, which costs a third less; that needs Linux on x64 or arm64 and the optional package koffi. `auto`: in batches where that is possible.",
      default: "auto",
    } satisfies About)
    .optional(),
  ...processOptions,
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
  // A parser compiled for this schema would be run three times, and takes longer to make than that.
  const result = schema.safeParse(raw, { jitless: true });
  if (result.success) return { layer: result.data, issues: null };
  return { layer: null, issues: result.error.issues.flatMap((issue) => issuesOf(issue)) };
}

/** The JSON Schema of a configuration file, as dotls.schema.json publishes it for editors. */
export function configJsonSchema(): JsonSchema {
  return jsonSchemaOf(schema, listOptions());
}

/** Every option there is, in the order of the documentation. */
export function listOptions(): Option[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
    const section = inner instanceof z.ZodNullable ? inner.unwrap() : inner;
    if (!(section instanceof z.ZodObject)) return [optionOf(name, inner)];
    return Object.entries(section.shape).map(([key, leaf]) => optionOf(`${name}.${key}`, leaf.unwrap()));
  });
}

function optionOf(key: string, field: z.core.$ZodType): Option {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every leaf carries an About: `satisfies` saw to it
  const about = z.globalRegistry.get(field) as unknown as About;
  return { ...about, key, list: Array.isArray(about.default) };
}
