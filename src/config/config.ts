/**
 * The configuration as the rest of dotls sees it: checked, complete, frozen. Durations are milliseconds, sizes are bytes.
 * How it is written down (file, environment, flags) is the business of the other files of this folder.
 */
export interface Config {
  readonly listen: readonly ListenAddress[];
  /** In strict order: the first that works is asked. */
  readonly upstreams: readonly UpstreamSpec[];
  /** A client's whole wait, in milliseconds. */
  readonly timeout: number;
  readonly tls: TlsConfig;
  readonly access: AccessConfig;
  readonly history: HistoryConfig;
  readonly control: ControlConfig;
  readonly log: LogConfig;
}

export interface ListenAddress {
  readonly transport: "udp" | "tcp";
  /** An IP address without brackets, a scope id (`%eth0`) kept; `0.0.0.0` or `::` means every local address. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** One resolver out there, as configured; every address of it is a server of its own, in this order. */
export interface UpstreamSpec {
  /** IP addresses, without brackets, a scope id kept; at least one. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** The name that its certificate must carry and that SNI sends; null: the certificate must carry the IP address. */
  readonly name: string | null;
  /** Base64 of SHA-256 over a SubjectPublicKeyInfo (RFC 7858 section 4.2); one of them must be in the chain. */
  readonly pins: readonly string[];
  /** The trust anchors for this upstream alone; null: those of `tls.ca`. */
  readonly ca: CaSource | null;
  /** For people, in logs, status and history: the short form as the user wrote it, or what stands for the long one. */
  readonly label: string;
}

/** `system`: the anchors of the operating system, else those that Node ships with; else a PEM file. */
export type CaSource = "system" | { readonly file: string };

export interface TlsConfig {
  readonly ca: CaSource;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
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
  /** How long a rotated file is kept, in milliseconds. */
  readonly keep: number;
  /** The size in bytes at which the file is rotated. */
  readonly rotate: number;
}

export interface ControlConfig {
  /** The path of the control socket; null: none. */
  readonly socket: string | null;
}

export interface LogConfig {
  readonly level: "error" | "warn" | "info" | "debug";
}
