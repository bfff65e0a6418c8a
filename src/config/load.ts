import type { Config } from "./config.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { automaticSocket } from "./control-socket.ts";
import { readEnvironment } from "./environment.ts";
import { findConfigFile, readConfigFile } from "./file.ts";
import { readFlagSource } from "./flag-source.ts";
import type { Flags } from "./flags.ts";
import { keysIn, optionKeyOf, OPTIONS, setOption } from "./options.ts";
import type { Layer } from "./schema.ts";
import { resolvePaths } from "./resolve-paths.ts";
import { layerOf, type Source } from "./source.ts";
import { automaticState } from "./state-folder.ts";
import { completeUpstream } from "./upstream-draft.ts";
import { validate } from "./validate.ts";

export interface LoadedConfig {
  /** Frozen, down to its last part. */
  readonly config: Config;
  /** Absolute path of the file that was read; null when there was none. */
  readonly file: string | null;
  /** For every option where its value comes from: `default`, `dotls.yaml:3:5`, `env DOTLS_X`, `flag --x`. */
  readonly origins: ReadonlyMap<string, string>;
}

export interface LoadOptions {
  readonly flags?: Flags;
  readonly env?: NodeJS.ProcessEnv;
  /** Where relative paths of flags and variables start, and where dotls.yaml is looked for. */
  readonly cwd?: string;
  /** The file of the whole system, for when there is no other. */
  readonly systemFile?: string;
  /** The user whose folders `auto` stands for; who runs the process, unless another one is given. */
  readonly uid?: number;
}

/**
 * Puts the configuration together: defaults, then the file, then the environment, then flags, each over the one before;
 * a list replaces a list. Relative paths start from the folder of the file, or from `cwd` in flags and variables.
 *
 * @throws ConfigError ERR_DOTLS_CONFIG with everything that is wrong. There is no way to run with part of what was asked.
 */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const { flags = {}, env = process.env, cwd = process.cwd() } = options;
  const problems: ConfigProblem[] = [];
  const asked = { flag: flags.config, variable: env["DOTLS_CONFIG"], cwd };
  const found = findConfigFile(
    options.systemFile === undefined ? asked : { ...asked, systemFile: options.systemFile },
    problems,
  );
  const sources: Source[] = [defaultSource(cwd)];
  const fileSource = found === null ? null : readConfigFile(found, problems);
  if (fileSource !== null) sources.push(fileSource);
  sources.push(readEnvironment(env, cwd, problems), readFlagSource(flags, cwd, problems));

  let merged: Layer = {};
  const sourceOf = new Map<string, Source>();
  for (const source of sources) {
    const layer = layerOf(source, problems);
    if (layer === null) continue;
    merged = merge(merged, resolvePaths(layer, source.base));
    for (const key of keysIn(layer)) sourceOf.set(key, source);
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const config = toConfig(merged, env, options.uid ?? process.getuid?.() ?? 0);
  const faults = validate(config, (path) => sourceOf.get(optionKeyOf(path))!.where(path));
  if (faults.length > 0) throw new ConfigError(faults);
  const origins = new Map([...OPTIONS.keys()].map((key) => [key, sourceOf.get(key)!.origin(key)]));
  return { config: deepFreeze(config), file: found?.path ?? null, origins };
}

function defaultSource(base: string): Source {
  const raw: Record<string, unknown> = {};
  for (const option of OPTIONS.values()) setOption(raw, option.key, option.default);
  return { raw, base, where: () => "default", origin: () => "default" };
}

/** Absent keys leave what is below in place: the schema never gives a key without a value. */
function merge(below: Layer, above: Layer): Layer {
  return {
    ...below,
    ...above,
    tls: { ...below.tls, ...above.tls },
    cache: { ...below.cache, ...above.cache },
    localNames: { ...below.localNames, ...above.localNames },
    bypass: { ...below.bypass, ...above.bypass },
    access: { ...below.access, ...above.access },
    history: { ...below.history, ...above.history },
    dnstap: { ...below.dnstap, ...above.dnstap },
    control: { ...below.control, ...above.control },
    log: { ...below.log, ...above.log },
  };
}

/** The defaults are part of what was merged, so nothing is missing. */
function toConfig(merged: Layer, env: NodeJS.ProcessEnv, uid: number): Config {
  const { access, log } = merged;
  const { state } = merged;
  const socket = merged.control!.socket;
  const tls = complete<Config["tls"]>(merged.tls);
  const policy = merged.policy!;
  return {
    listen: merged.listen!,
    shareListeners: merged.shareListeners!,
    upstreams: merged.upstreams!.map((upstream) => completeUpstream(upstream, tls)),
    policy,
    timeout: merged.timeout!,
    retryRcodes: merged.retryRcodes!,
    bootstrap: merged.bootstrap!,
    state: state === "auto" ? automaticState(env, uid) : (state?.file ?? null),
    tls,
    cache: complete(merged.cache),
    routes: merged.routes!.map((route) => ({
      match: route.match,
      upstreams: route.upstreams.map((upstream) => completeUpstream(upstream, tls)),
      policy: route.policy ?? policy,
    })),
    localNames: complete(merged.localNames),
    cluster: merged.cluster!,
    bypass: complete(merged.bypass),
    access: { allow: access!.allow! },
    history: complete(merged.history),
    dnstap: complete(merged.dnstap),
    control: {
      socket: socket === "auto" ? automaticSocket(env, uid) : (socket?.file ?? null),
      http: merged.control!.http!,
      token: merged.control!.token!,
    },
    workers: merged.workers!,
    io: merged.io!,
    lameduck: merged.lameduck!,
    watch: merged.watch!,
    user: merged.user ?? null,
    group: merged.group ?? null,
    log: { level: log!.level! },
  };
}

/** A section of what was merged: the defaults are in it, so no key is missing. */
function complete<T extends object>(
  section: { [Key in keyof T]?: T[Key] | undefined } | null | undefined,
): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every option has a default, and a source gives no key without a value
  return section as T;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
