import type { ConfigProblem } from "./config-error.ts";
import type { LayerIssue } from "./issues.ts";
import { hintForKey } from "./options.ts";
import { routeKeys } from "./route-schema.ts";
import { checkLayer, type Layer } from "./schema.ts";
import { nearest } from "./suggest.ts";
import { upstreamKeys } from "./upstream-schema.ts";

/** The way to a part of the configuration: `["upstreams", 1, "port"]`. */
export type KeyPath = readonly (string | number)[];

/** One place that options come from, read but not yet checked. */
export interface Source {
  /** Options in the nested form of a file. */
  readonly raw: unknown;
  /** The folder that relative paths start from. */
  readonly base: string;
  /** Where a part is written, for people: `dotls.yaml:3:5`, `DOTLS_TLS_CA`, `--listen`. */
  where(path: KeyPath, unknownKey?: string | null): string;
  /** Where the value of an option comes from: `dotls.yaml:3:5`, `env DOTLS_TLS_CA`, `flag --listen`. */
  origin(key: string): string;
}

/** Checks a source against the schema. Gives its layer, or null and what is wrong added to `problems`. */
export function layerOf(source: Source, problems: ConfigProblem[]): Layer | null {
  const { layer, issues } = checkLayer(source.raw);
  if (issues === null) return layer;
  const found = issues.map((issue) => problemOf(source, issue));
  // In the order of the text: line 9 before line 10.
  found.sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true }));
  problems.push(...found);
  return null;
}

/** A path as people write it: `upstreams[1].port`. */
export function formatKey(path: KeyPath): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}

function problemOf(source: Source, issue: LayerIssue): ConfigProblem {
  const { path, unknownKey, message } = issue;
  const where = source.where(path, unknownKey);
  if (unknownKey === null) return { where, key: formatKey(path), message, hint: issue.hint };
  return {
    where,
    key: formatKey([...path, unknownKey]),
    message: "this key is not known to this version",
    hint: hintForUnknown(unknownKey, path),
  };
}

/** Upstreams and routes are items of lists, with keys of their own. */
function hintForUnknown(key: string, path: KeyPath): string | null {
  if (typeof path.at(-1) !== "number") return hintForKey(key, formatKey(path));
  const route = path.length === 2 && path[0] === "routes";
  const known = route ? routeKeys() : upstreamKeys();
  const meant = nearest(key, known);
  if (meant !== null) return `did you mean ${meant}?`;
  return `${route ? "a route" : "an upstream"} takes ${known.join(", ")}`;
}
