/**
 * The configuration as the rest of dotls sees it: checked, complete, frozen. Durations are milliseconds, sizes are bytes.
 * How it is written down (file, environment, flags) is the business of the other files of this folder.
 */
export interface Config {
  readonly listen: readonly ListenAddress[];
  /** Whether another process of this user may listen on the same addresses and ports, to take over or to be taken over from. */
  readonly shareListeners: boolean;
  /** Never empty, never plain; `policy` chooses among them. They get every name that no route matches. */
  readonly upstreams: readonly UpstreamSpec[];
  readonly policy: Policy;
  /** A client's whole wait, in milliseconds. */
  readonly timeout: number;
  /** The response codes after which one other server is asked, as numbers; empty: none. Never 0 and never 3. */
  readonly retryRcodes: readonly number[];
  /** Plain resolvers that are asked for the addresses of upstreams that are known by name, and for nothing else. */
  readonly bootstrap: readonly BootstrapServer[];
  /** The folder for what outlives the process, such as the addresses of upstreams; null: nothing is kept. */
  readonly state: string | null;
  /** What holds for every upstream that does not say otherwise; each `UpstreamSpec.tls` is complete already. */
  readonly tls: TlsConfig;
  readonly cache: CacheConfig;
  readonly routes: readonly RouteSpec[];
  /** The groups of names that are answered here and never asked for out there. */
  readonly localNames: LocalNames;
  /** `auto`: inside Kubernetes, the zone of the cluster is routed to the name server of /etc/resolv.conf. */
  readonly cluster: "auto" | "off";
  readonly bypass: BypassConfig;
  readonly access: AccessConfig;
  readonly history: HistoryConfig;
  readonly dnstap: DnstapConfig;
  readonly control: ControlConfig;
  /** How many threads answer queries; `auto`: as many as this machine has use for. */
  readonly workers: number | "auto";
  /** How datagrams are received and sent: one by one, or in batches; `auto`: in batches where that is possible. */
  readonly io: "auto" | "dgram" | "batch";
  /** How long it goes on answering after it was told to stop, in milliseconds. */
  readonly lameduck: number;
  /** Whether a change of the configuration file takes effect by itself. */
  readonly watch: boolean;
  /** Who to become when the doors are open, by name or number; null: who started it. */
  readonly user: string | null;
  /** Null: the group of `user`. */
  readonly group: string | null;
  readonly log: LogConfig;
}

/** How one of several upstreams is chosen. */
export type Policy = "failover" | "round-robin" | "fastest" | "race" | "hash";

export interface ListenAddress {
  readonly transport: "udp" | "tcp";
  /** An IP address without brackets, a scope id (`%eth0`) kept; `0.0.0.0` or `::` means every local address. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** One resolver out there, as configured; every address of it is a server of its own, in this order. */
export interface UpstreamSpec {
  /** `udp` goes on over TCP when an answer is truncated; `udp` and `tcp` are in the clear and stand in routes only. */
  readonly protocol: "tls" | "https" | "udp" | "tcp";
  /** IP addresses, without brackets, a scope id kept; empty: those that `name` has, asked of `Config.bootstrap`. */
  readonly addresses: readonly string[];
  /** With `ddr`, the port of the plain resolver. */
  readonly port: number;
  /** The name that its certificate must carry and that SNI sends; null: the certificate must carry the IP address. */
  readonly name: string | null;
  /** `https`: path and query of the URL, beginning with a slash, without the `{?dns}` of its template. */
  readonly path: string;
  /** `https`: how queries are sent. */
  readonly method: "POST" | "GET";
  /**
   * The one address is that of a plain resolver, which is asked for its encrypted face (RFC 9462); `protocol` is `tls`
   * and `name` null until that is known. Under `strict`, the certificate must carry the address (section 4.2).
   */
  readonly ddr: boolean;
  /** Base64 of SHA-256 over a SubjectPublicKeyInfo (RFC 7858 section 4.2); one of them must be in the chain. */
  readonly pins: readonly string[];
  /**
   * Base64 of SHA-256 over the signed part of a certificate (TBSCertificate in DER), as DNS stamps have them; when there
   * are any, a certificate of the chain must have one of them, on top of all other checks.
   */
  readonly certHashes: readonly string[];
  /** Its own values over the general ones. Of no meaning to `udp` and `tcp`. */
  readonly tls: TlsOptions;
  /** Queries are padded to a multiple of so many bytes (RFC 8467); null: not padded. */
  readonly padding: number | null;
  /** Somebody wrote that this plain upstream may get every name. */
  readonly insecure: boolean;
  /** For people, in logs, status and history: the short form as the user wrote it, or what stands for the long one. */
  readonly label: string;
}

/** A plain resolver, asked over UDP and, when an answer is truncated, TCP. */
export interface BootstrapServer {
  /** An IP address without brackets, a scope id kept. */
  readonly address: string;
  readonly port: number;
}

/**
 * `system`: the anchors of the operating system, else those that Node ships with; `bundled`: those that Node ships with;
 * else a PEM file, or every file directly in a directory that holds a certificate in PEM form, those whose names begin
 * with a dot aside. Paths are absolute.
 */
export type CaSource = "system" | "bundled" | { readonly file: string } | { readonly directory: string };

export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/**
 * How much a server must prove before it gets a query.
 *
 * - `strict`: a chain to an anchor, the name or address, and a pin where there are pins (RFC 8310 section 5).
 * - `pin`: a pin, nothing else; there is at least one (RFC 7858 section 4.2).
 * - `opportunistic`: TLS with proof where it can be had, else TLS without. The step of RFC 8310 section 5 to plain DNS is not taken.
 * - `none`: TLS with whoever answers.
 */
export type Verify = "strict" | "pin" | "opportunistic" | "none";

export interface TlsOptions {
  readonly verify: Verify;
  readonly ca: CaSource;
  /** PEM files of the client certificate with its chain, and of its key; both or neither. They may change. */
  readonly cert: string | null;
  readonly key: string | null;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** As OpenSSL wants it, suites of TLS 1.3 among the others, joined by colons; null: what Node has. */
  readonly ciphers: string | null;
  /** Groups for the key exchange, joined by colons; null: what OpenSSL has. */
  readonly groups: string | null;
  /** What ALPN offers; empty: no ALPN. For `https` always `h2`. */
  readonly alpn: readonly string[];
  /** Whether `UpstreamSpec.name` is sent in the clear at the beginning of the handshake. */
  readonly sni: boolean;
  /** A file to append the secrets of connections to, in the format of NSS; null: none. */
  readonly keyLog: string | null;
}

export interface TlsConfig extends TlsOptions {
  /** Whether connections are opened before there is a query for them. */
  readonly prewarm: boolean;
}

/** Which answers are kept, and for how long, in milliseconds. */
export interface CacheConfig {
  /** In bytes; 0: nothing is kept. */
  readonly size: number;
  /** Where the answers outlive the process; null: nowhere. */
  readonly file: string | null;
  readonly minTtl: number;
  readonly maxTtl: number;
  /** The most for names and records that do not exist. */
  readonly negativeTtl: number;
  /** The most for a question that failed. */
  readonly failureTtl: number;
  /** Whether answers are given whose time is over: never, when the upstreams fail or are slow, or always. */
  readonly serveStale: "off" | "on-failure" | "immediate";
  /** For how long after their time. */
  readonly staleFor: number;
  /** Whether answers that are asked for are fetched anew before their time is over. */
  readonly prefetch: boolean;
}

/** Names that go to servers of their own. Of all routes, the one with the longest matching suffix counts. */
export interface RouteSpec {
  /** Never empty; no suffix is in two routes. */
  readonly match: readonly RouteMatch[];
  /** Never empty; may be plain. */
  readonly upstreams: readonly UpstreamSpec[];
  /** The general policy unless the route has its own. */
  readonly policy: Policy;
}

export interface RouteMatch {
  /** In small letters, without the dot at its end; `.` is the root. */
  readonly suffix: string;
  /** Whether the suffix itself is meant as well, not only the names below it (`*.suffix`). */
  readonly apex: boolean;
  /** As it was written: several suffixes can come from one prefix of addresses. */
  readonly written: string;
}

/** Which groups of names are answered here. */
export interface LocalNames {
  /** localhost (RFC 6761): the loopback addresses. */
  readonly localhost: boolean;
  /** invalid (RFC 6761). */
  readonly invalid: boolean;
  /** test (RFC 6761). */
  readonly test: boolean;
  /** The reverse zones of private and special addresses (RFC 6303). */
  readonly reverse: boolean;
  /** home.arpa (RFC 8375). */
  readonly homeArpa: boolean;
  /** local (RFC 6762). */
  readonly local: boolean;
  /** onion (RFC 7686). */
  readonly onion: boolean;
  /** resolver.arpa (RFC 9462). */
  readonly resolverArpa: boolean;
  /** ipv4only.arpa (RFC 8880). */
  readonly ipv4onlyArpa: boolean;
}

export interface BypassConfig {
  /** Whether `dotls bypass` may open a way to the plain resolvers of the network. */
  readonly enabled: boolean;
  /** For how long at most, in milliseconds. */
  readonly most: number;
}

export interface AccessConfig {
  /** Prefixes (`192.168.0.0/16`) of the clients that are answered; everybody else is refused. */
  readonly allow: readonly string[];
}

export interface HistoryConfig {
  /** How many queries are kept in memory. */
  readonly size: number;
  /** Where they are appended as NDJSON; null: nowhere. */
  readonly file: string | null;
  /** How long a query is kept in memory, and a rotated file, in milliseconds. */
  readonly keep: number;
  /** The size in bytes at which the file is rotated. */
  readonly rotate: number;
  /** Of the file and the rotated ones together, in bytes. */
  readonly total: number;
  /** How often the file is written, in milliseconds. */
  readonly every: number;
  /** Holds for dnstap as well. */
  readonly privacy: HistoryPrivacy;
  /** Names that are not kept, nor sent by dnstap. */
  readonly ignore: readonly RouteMatch[];
}

/** How much is kept of who asked. */
export type HistoryPrivacy = "full" | "mask-clients" | "hide-clients" | "counters-only";

/** Messages as they were on the wire, for a program that takes them. */
export interface DnstapConfig {
  /** Null: nowhere. */
  readonly to: DnstapTarget | null;
  readonly messages: readonly ("client" | "forwarder")[];
  /** As what this server is known there; `auto`: the name of the host. */
  readonly identity: string;
  /** What may wait for the reader, in bytes, in all threads together. */
  readonly buffer: number;
}

/** A Unix socket, or an IP address and a port for TCP. */
export type DnstapTarget = { readonly path: string } | { readonly address: string; readonly port: number };

export interface ControlConfig {
  /** The path of the control socket; null: none. */
  readonly socket: string | null;
  /** Where the API and the dashboard are to be had over HTTP as well; null: nowhere. */
  readonly http: { readonly address: string; readonly port: number } | null;
  /**
   * Who may use it over HTTP. `auto`: on a loopback address everybody there; elsewhere who has the token that is made at the
   * first start. A hash, or a file with one or with a token: who has the token.
   */
  readonly token: ControlToken;
}

export type ControlToken = "auto" | { readonly hash: string } | { readonly file: string };

export interface LogConfig {
  readonly level: "error" | "warn" | "info" | "debug";
}
