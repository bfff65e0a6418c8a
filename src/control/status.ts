import type { CountersSnapshot } from "../observe/counters.ts";
import type { DnstapStatus } from "../observe/dnstap/status.ts";
import type { HistoryFileStatus } from "../observe/history-file.ts";

/** The running server at one moment, as `GET /v1/status` tells it. A stable contract: fields are added, never renamed. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  /** In seconds. */
  readonly uptime: number;
  /** The configuration file; null when there is none. */
  readonly config: string | null;
  /** The bound addresses, as in `udp://127.0.0.1:5300`. */
  readonly listeners: readonly string[];
  /** How many threads answer queries. */
  readonly workers: number;
  /** What that number follows from, in words; not there when it was asked for. */
  readonly workersWhy?: string;
  /** In the order in which they are asked. */
  readonly upstreams: readonly UpstreamStatus[];
  readonly queries: CountersSnapshot;
  /** Null when no answers are kept. */
  readonly cache: CacheStatus | null;
  readonly history: HistoryStatus;
  /** Not there when dnstap is not used. */
  readonly dnstap?: DnstapStatus;
  /** Not there in servers that have none. */
  readonly bypass?: BypassStatus;
}

/** What is in the cache. What it answers is counted with the queries. */
export interface CacheStatus {
  /** Bytes of memory that it may take, and of those that it does. */
  readonly size: number;
  readonly used: number;
  /** Answers, those over their time included. */
  readonly entries: number;
  /** Those of them that say that there is no such name or record. */
  readonly negatives: number;
  /** Questions that failed and are not asked again yet. */
  readonly failures: number;
  /** Answers that were stored since the start. */
  readonly stored: number;
  /** Answers that had to make room before they were over. */
  readonly evicted: number;
  /** Where it is saved when the server stops; null: nowhere. */
  readonly file: string | null;
}

/** Whether queries leave unencrypted, to the plain resolvers of the network. */
export interface BypassStatus {
  /** Whether the configuration allows to open it. */
  readonly enabled: boolean;
  readonly open: {
    /** ISO 8601 in UTC, as all times. */
    readonly since: string;
    readonly until: string;
    /** Who opened it, as he says himself. */
    readonly by: string;
    /** IP addresses. */
    readonly resolvers: readonly string[];
  } | null;
}

/** One server out there: an upstream of the configuration with two addresses is two of them. */
export interface UpstreamStatus {
  /** As the configuration writes it. */
  readonly label: string;
  /** Of an upstream that is known by name, the one that was last connected to; the name where none is known yet. */
  readonly address: string;
  readonly port: number;
  /** The name that its certificate must carry; null: the address. */
  readonly name: string | null;
  /** With `ddr://`: the encrypted face that the plain resolver at `address` has named, and that is used; null: none is known. */
  readonly designated: DesignatedFace | null;
  /** By what it proved who it is when it was last connected; null: it was not yet. `none`: anybody may have answered. */
  readonly authenticated: "name" | "pin" | "none" | null;
  /** What makes that proof weaker than a certificate with the right name, in words; null: nothing does. */
  readonly weakness: string | null;
  /** `idle`: no connection, because none is needed. `down`: the last attempt failed. */
  readonly state: "idle" | "connecting" | "up" | "down";
  readonly lastError: UpstreamError | null;
  readonly connections: number;
  /** TLS handshakes that were completed, resumed ones included. */
  readonly handshakes: number;
  readonly resumed: number;
  readonly queries: number;
  readonly answers: number;
  readonly failures: number;
  /** Replies that belong to no query in flight. */
  readonly mismatched: number;
  readonly inFlight: number;
  /** How long the last TLS handshake took, in milliseconds; null before the first. */
  readonly handshakeMs: number | null;
  /** The smoothed time from a query to its answer, in milliseconds; null before the first. */
  readonly roundTripMs: number | null;
}

/** All that there is to know of a server, as `GET /v1/upstreams` tells it. A stable contract, as `Status` is. */
export interface UpstreamDetail extends UpstreamStatus {
  /** `udp` and `tcp` are in the clear. With DDR, what was agreed on is in `tls.alpn`. */
  readonly protocol: "tls" | "https" | "udp" | "tcp";
  /** Whether it is there only as long as the bypass is open. */
  readonly bypass: boolean;
  /** Connections that there are. `suspected`: quiet for too long, and still listened to. `parting`: only waiting for last answers. */
  readonly links: {
    readonly connecting: number;
    readonly open: number;
    readonly suspected: number;
    readonly parting: number;
  };
  /** What was agreed on the last connection; null: none yet, or in the clear. */
  readonly tls: {
    readonly version: string | null;
    readonly cipher: string | null;
    readonly alpn: string | null;
  } | null;
  /** The one that it showed last; null: none yet. */
  readonly certificate: {
    readonly subject: string;
    readonly issuer: string;
    readonly names: readonly string[];
    readonly validFrom: string;
    readonly validTo: string;
    /** Base64 of SHA-256 over the key (RFC 7858 section 4.2): the server's first, then those that vouch for it. */
    readonly pins: readonly string[];
  } | null;
  /** How long its last few hundred answers took, in ms; null: there was none. */
  readonly recent: { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null };
  /** How long all answers took since the start: upper bounds in ms, and how many there are in each bucket. */
  readonly durations: { readonly bounds: readonly number[]; readonly counts: readonly number[] };
  /** How the questions that it was asked have ended. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Why connections are over. */
  readonly closes: Readonly<Record<string, number>>;
  /** How handshakes failed. */
  readonly tlsErrors: Readonly<Record<string, number>>;
  /** Questions that it got because another server was late; won: its answer came first. */
  readonly hedges: { readonly won: number; readonly lost: number };
}

/** Where a resolver can be asked under encryption, as it says itself (RFC 9462). */
export interface DesignatedFace {
  readonly protocol: "tls" | "https";
  /** The name that the resolver gives to it. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

interface UpstreamError {
  /** One word, such as `refused`, `timeout`, `name`, `pin`, `expired`. */
  readonly kind: string;
  readonly text: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

interface HistoryStatus {
  /** Queries in memory at present. */
  readonly kept: number;
  /** Queries that memory holds at the most. */
  readonly size: number;
  /** Null when the history is not written to a file. */
  readonly file: HistoryFileStatus | null;
}

/** What came of reading the configuration again. */
export interface ReloadReport {
  /** The bound addresses. */
  readonly listeners: readonly string[];
  /** The keys of options that have another value now and need a restart. */
  readonly needsRestart: readonly string[];
}
