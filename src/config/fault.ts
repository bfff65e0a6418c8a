import type { UpstreamSpec, Config } from "./config.ts";
import type { KeyPath } from "./source.ts";

/** Something that is wrong with the configuration as a whole, before it is known where that is written. */
export interface Fault {
  readonly path: KeyPath;
  readonly message: string;
  readonly hint: string | null;
}

/** Every list of upstreams there is, with the way to it. */
export function upstreamLists(config: Config): { path: KeyPath; upstreams: readonly UpstreamSpec[] }[] {
  return [
    { path: ["upstreams"], upstreams: config.upstreams },
    ...config.routes.map(({ upstreams }, index) => ({ path: ["routes", index, "upstreams"], upstreams })),
  ];
}

/** Every upstream there is, with the way to it. */
export function allUpstreams(config: Config): { path: KeyPath; upstream: UpstreamSpec }[] {
  return upstreamLists(config).flatMap(({ path, upstreams }) =>
    upstreams.map((upstream, index) => ({ path: [...path, index], upstream })),
  );
}
