/** How long the list of suffixes is. */
const TOP = 10;

/**
 * Queries for names that do not exist because a client put a domain of its search list behind a name: in a Kubernetes pod
 * with `ndots:5`, `api.example.com` is asked for as `api.example.com.default.svc.cluster.local` before.
 */
export interface SearchWaste {
  /** Queries that ended with NXDOMAIN, and how many of those came of a search list. */
  readonly nxdomain: number;
  readonly wasted: number;
  /** What was put behind names, the most frequent first. */
  readonly suffixes: readonly { readonly key: string; readonly count: number }[];
}

/**
 * Finds them by what is asked: a name that does not exist is one of them when its beginning, of two labels or more, was asked for as a
 * name as well and is there. Names in small letters, absolute; the maps say how often each was asked for, and ended with NXDOMAIN.
 */
export function searchWaste(
  asked: ReadonlyMap<string, number>,
  missing: ReadonlyMap<string, number>,
): SearchWaste {
  const suffixes = new Map<string, number>();
  let nxdomain = 0;
  let wasted = 0;
  for (const [name, count] of missing) {
    nxdomain += count;
    const suffix = suffixOf(name, (beginning) => (asked.get(beginning) ?? 0) > (missing.get(beginning) ?? 0));
    if (suffix === null) continue;
    wasted += count;
    suffixes.set(suffix, (suffixes.get(suffix) ?? 0) + count);
  }
  const sorted = [...suffixes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return { nxdomain, wasted, suffixes: sorted.slice(0, TOP).map(([key, count]) => ({ key, count })) };
}

/** What stands behind the longest beginning that is a name of its own; null: there is none. */
function suffixOf(name: string, exists: (name: string) => boolean): string | null {
  // The final dot and what is before the last label can be no suffix.
  for (let dot = name.lastIndexOf(".", name.length - 2); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    const beginning = name.slice(0, dot + 1);
    // One label alone is asked for with a search list on purpose.
    if (beginning.indexOf(".") === dot) return null;
    if (exists(beginning)) return name.slice(dot + 1);
  }
  return null;
}
