/**
 * dotls in a Node program: load a configuration, start the server that `dotls serve` starts, stop it again.
 * Errors carry a stable `code`; docs/errors.md lists them.
 */
export { ConfigError, type ConfigProblem } from "./config/config-error.ts";
export type {
  AccessConfig,
  BootstrapServer,
  BypassConfig,
  CaSource,
  Config,
  ControlConfig,
  DnstapConfig,
  DnstapTarget,
  HistoryConfig,
  HistoryPrivacy,
  ListenAddress,
  LocalNames,
  LogConfig,
  Policy,
  RouteMatch,
  RouteSpec,
  TlsConfig,
  TlsOptions,
  TlsVersion,
  UpstreamSpec,
  Verify,
} from "./config/config.ts";
export { type LoadOptions, type LoadedConfig, loadConfig } from "./config/load.ts";
export type { Status, UpstreamStatus } from "./control/status.ts";
export { DotlsError } from "./errors.ts";
export { ListenError } from "./listen/listen-error.ts";
export type { HistoryEntry, QueryTimes } from "./observe/history-entry.ts";
export { type Log, type LogOptions, createLog } from "./observe/log.ts";
export { type RunningServer, type ServerOptions, startServer } from "./server.ts";
