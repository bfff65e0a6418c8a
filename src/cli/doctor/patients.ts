import type { Config } from "../../config/config.ts";
import { readUpstream } from "../../config/upstream-spec.ts";
import type { TlsOptions } from "../../config/config.ts";
import { DEFAULT_NAME } from "./questions.ts";
import type { Patient } from "./upstream.ts";

/**
 * The upstreams that were written on the command line, under the general TLS options.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function patientsFrom(specs: readonly string[], tls: TlsOptions, name: string | null): Patient[] {
  return specs.map((text) => ({ spec: readUpstream(text, tls), name: name ?? DEFAULT_NAME }));
}

/** The upstreams of a configuration. Those of a route are asked for the first name that goes there. */
export function patientsOf({ upstreams, routes }: Config, name: string | null): Patient[] {
  return [
    ...upstreams.map((spec) => ({ spec, name: name ?? DEFAULT_NAME })),
    ...routes.flatMap(({ match, upstreams }) =>
      upstreams.map((spec) => ({ spec, name: name ?? routeName(match[0]!.suffix) })),
    ),
  ];
}

function routeName(suffix: string): string {
  return suffix === "." ? DEFAULT_NAME : suffix;
}
