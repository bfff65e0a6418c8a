import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { CaSource, ControlToken } from "./config.ts";
import type { Layer } from "./schema.ts";
import type { OwnTls } from "./tls-options.ts";
import type { UpstreamDraft } from "./upstream-draft.ts";

/** Makes every path of a layer absolute: relative ones start from `base`. Tells folders of trust anchors from files. */
export function resolvePaths(layer: Layer, base: string): Layer {
  const { upstreams, routes, tls, cache, history, dnstap, control, state } = layer;
  const path = <T extends string | null | undefined>(value: T): T | string =>
    typeof value === "string" ? resolve(base, value) : value;
  const place = <T extends "auto" | { file: string } | null | undefined>(value: T): T | { file: string } =>
    typeof value === "object" && value !== null ? { file: resolve(base, value.file) } : value;
  const tlsPaths = <T extends OwnTls>(options: T): T => ({
    ...options,
    ...(options.ca !== undefined && { ca: anchors(options.ca, base) }),
    ...(options.cert !== undefined && { cert: path(options.cert) }),
    ...(options.key !== undefined && { key: path(options.key) }),
    ...(options.keyLog !== undefined && { keyLog: path(options.keyLog) }),
  });
  const own = (upstream: UpstreamDraft): UpstreamDraft => ({ ...upstream, tls: tlsPaths(upstream.tls) });
  return {
    ...layer,
    ...(upstreams && { upstreams: upstreams.map(own) }),
    ...(routes && {
      routes: routes.map(({ match, upstreams, policy }) => ({
        match,
        upstreams: upstreams.map(own),
        policy,
      })),
    }),
    ...(tls && { tls: tlsPaths(tls) }),
    ...(cache?.file && { cache: { ...cache, file: path(cache.file) } }),
    ...(history?.file && { history: { ...history, file: path(history.file) } }),
    ...(dnstap?.to &&
      "path" in dnstap.to && { dnstap: { ...dnstap, to: { path: resolve(base, dnstap.to.path) } } }),
    ...(control && {
      control: {
        ...control,
        ...(control.socket !== undefined && { socket: place(control.socket) }),
        ...(control.token !== undefined && { token: tokenPlace(control.token, base) }),
      },
    }),
    ...(state !== undefined && { state: place(state) }),
  };
}

function tokenPlace(token: ControlToken, base: string): ControlToken {
  return typeof token === "object" && "file" in token ? { file: resolve(base, token.file) } : token;
}

function anchors(source: CaSource, base: string): CaSource {
  if (typeof source === "string") return source;
  const path = resolve(base, "file" in source ? source.file : source.directory);
  // What is not there is taken for a file; the check of the whole then says that it is missing.
  return isFolder(path) ? { directory: path } : { file: path };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
