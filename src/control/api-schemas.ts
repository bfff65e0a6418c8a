import { z } from "zod";
import { answerSources } from "../observe/history-entry.ts";

const count = z.int().min(0);
const ms = z.number();
const time = z.string().describe("ISO 8601 in UTC");
const counts = z.record(z.string(), count);
const none = <Schema extends z.ZodType>(schema: Schema): z.ZodNullable<Schema> => schema.nullable();
const state = z.enum(["idle", "connecting", "up", "down"]);
const proof = none(z.enum(["name", "pin", "none"]));
const histogram = { bounds: z.array(z.number()) };

const upstream = {
  label: z.string().describe("as the configuration writes it"),
  address: z.string(),
  port: count,
  name: none(z.string()),
  designated: none(
    z.strictObject({
      protocol: z.enum(["tls", "https"]),
      name: z.string(),
      address: z.string(),
      port: count,
    }),
  ).describe("with ddr://, the encrypted face that is used of the resolver"),
  authenticated: proof.describe("by what it proved who it is when it was last connected"),
  weakness: none(z.string()),
  state,
  lastError: none(z.strictObject({ kind: z.string(), text: z.string(), at: time })),
  connections: count,
  handshakes: count,
  resumed: count,
  queries: count,
  answers: count,
  failures: count,
  mismatched: count,
  inFlight: count,
  handshakeMs: none(ms),
  roundTripMs: none(ms),
};

const quantiles = z.strictObject({ p50: none(ms), p90: none(ms), p99: none(ms) });

const bypass = z.strictObject({
  enabled: z.boolean(),
  open: none(z.strictObject({ since: time, until: time, by: z.string(), resolvers: z.array(z.string()) })),
});

const perSource = z.array(count);

const queries = z.strictObject({
  received: count,
  byTransport: z.strictObject({ udp: count, tcp: count }),
  replies: counts,
  dropped: count,
  refused: count,
  forwarded: count,
  clear: count,
  cached: count,
  stale: count,
  refreshed: count,
  errors: counts,
  meanMs: none(ms),
  bytesIn: count,
  bytesOut: count,
  inFlight: z.int(),
  failed: count,
  durations: z.strictObject({
    ...histogram,
    upstream: perSource,
    cache: perSource,
    stale: perSource,
    local: perSource,
    failed: perSource,
  }),
});

const frequent = z.array(z.strictObject({ key: z.string(), count }));

/** What happened in one stretch of time. */
const stretch = {
  seconds: z.number(),
  received: count,
  upstream: count,
  cache: count,
  stale: count,
  local: count,
  failed: count,
  dropped: count,
  p50: none(ms),
  p95: none(ms),
  p99: none(ms),
};

/** The same as columns of equal length. */
const columns = Object.fromEntries(Object.entries(stretch).map(([name, schema]) => [name, z.array(schema)]));

/** What the API answers with, by the names that the description gives them. Held against real answers by a test. */
export const apiSchemas: Readonly<Record<string, z.ZodType>> = {
  Error: z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
  Status: z.strictObject({
    version: z.string(),
    pid: count,
    startedAt: time,
    uptime: count.describe("seconds"),
    config: none(z.string()),
    listeners: z.array(z.string()),
    workers: count,
    workersWhy: z.string().optional(),
    upstreams: z.array(z.strictObject(upstream)),
    queries,
    cache: none(
      z.strictObject({
        size: count,
        used: count,
        entries: count,
        negatives: count,
        failures: count,
        stored: count,
        evicted: count,
        file: none(z.string()),
      }),
    ),
    history: z.strictObject({
      kept: count,
      size: count,
      file: none(z.strictObject({ path: z.string(), written: count, lost: count, error: none(z.string()) })),
    }),
    dnstap: z.strictObject({ to: z.string(), connected: count, sent: count, dropped: count }).optional(),
    bypass: bypass.optional(),
  }),
  Upstream: z.strictObject({
    ...upstream,
    protocol: z.enum(["tls", "https", "udp", "tcp"]),
    bypass: z.boolean(),
    links: z.strictObject({ connecting: count, open: count, suspected: count, parting: count }),
    tls: none(
      z.strictObject({
        version: none(z.string()),
        cipher: none(z.string()),
        alpn: none(z.string()),
      }),
    ),
    certificate: none(
      z.strictObject({
        subject: z.string(),
        issuer: z.string(),
        names: z.array(z.string()),
        validFrom: time,
        validTo: time,
        pins: z.array(z.string()),
      }),
    ),
    recent: quantiles.describe("how long the last few hundred answers took, ms"),
    durations: z.strictObject({ ...histogram, counts: z.array(count) }),
    outcomes: counts,
    closes: counts,
    tlsErrors: counts,
    hedges: z.strictObject({ won: count, lost: count }),
  }),
  Test: z.strictObject({
    label: z.string(),
    address: z.string(),
    question: z.string(),
    ok: z.boolean().describe("it gave an answer, whatever stands in it"),
    connectMs: none(ms),
    handshakeMs: none(ms),
    resumed: none(z.boolean()),
    tlsVersion: none(z.string()),
    queryMs: none(ms),
    rcode: none(z.string()),
    authenticated: proof,
    error: none(z.string()),
  }),
  Config: z.strictObject({
    file: none(z.string()),
    hash: z.string(),
    loadedAt: time,
    options: z.array(z.strictObject({ key: z.string(), value: z.unknown(), origin: z.string() })),
  }),
  Explanation: z.strictObject({
    name: z.string(),
    type: z.string(),
    answeredBy: z.enum(["local", "cache", "upstream", "nobody"]),
    summary: z.string(),
    steps: z.array(
      z.strictObject({
        stage: z.enum(["access", "question", "local names", "cache", "route", "policy"]),
        says: z.string(),
      }),
    ),
    cache: none(
      z.strictObject({
        name: z.string(),
        state: z.enum(["fresh", "stale", "failure"]),
        rcode: z.string(),
        age: z.int(),
        left: z.int(),
      }),
    ),
    route: none(
      z.strictObject({
        match: none(z.string()),
        policy: z.string(),
        bypass: z.boolean(),
        upstreams: z.array(
          z.strictObject({
            label: z.string(),
            address: z.string(),
            state,
            eligible: z.boolean(),
            trouble: none(z.string()),
            typicalMs: none(ms),
          }),
        ),
        first: none(z.string()),
      }),
    ),
  }),
  Bypass: bypass,
  Removed: z.strictObject({ removed: count }),
  Forgotten: z.strictObject({ forgotten: count }),
  Reloaded: z.strictObject({ listeners: z.array(z.string()), needsRestart: z.array(z.string()) }),
  Trend: z.strictObject({
    step: z.number().describe("seconds between two points, as it is meant to be"),
    now: none(z.strictObject(stretch)).describe("the last minute as one"),
    at: z.array(z.number()).describe("the end of each stretch, in seconds since 1970"),
    columns: z.strictObject(columns),
    servers: z.array(
      z.strictObject({
        label: z.string(),
        address: z.string(),
        port: count,
        ms: z.array(none(ms)),
        answers: z.array(count),
        failures: z.array(count),
      }),
    ),
  }),
  Insights: z.strictObject({
    privacy: z.enum(["full", "mask-clients", "hide-clients", "counters-only"]),
    queries: count,
    since: none(time),
    names: frequent,
    clients: none(frequent),
    types: frequent,
    nxdomain: frequent,
    servfail: frequent,
    unanswered: frequent,
    slowest: z.array(
      z.strictObject({
        time,
        name: z.string(),
        type: z.string(),
        ms,
        server: none(z.string()),
        source: none(z.enum(answerSources)),
        rcode: none(z.string()),
      }),
    ),
    searchWaste: z.strictObject({ nxdomain: count, wasted: count, suffixes: frequent }),
  }),
};
