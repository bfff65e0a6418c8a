import type { Config, UpstreamSpec } from "./config.ts";
import { allUpstreams, type Fault, upstreamLists } from "./fault.ts";
import { specForName } from "./presets.ts";
import { formatKey } from "./source.ts";
import { isPlain } from "./upstream-draft.ts";

/** Upstreams that are there twice, that nobody could find, or that must not be where they are. */
export function upstreamFaults(config: Config): Fault[] {
  return [
    ...upstreamLists(config).flatMap(duplicates),
    ...namesWithoutAddress(config),
    ...config.upstreams.flatMap(({ protocol, label }, index) => {
      if (!isPlain(protocol)) return [];
      const message = `${label} would get every query in the clear`;
      const hint = "plain resolvers stand in routes, for names of their own";
      return [{ path: ["upstreams", index], message, hint }];
    }),
  ];
}

function duplicates({ path, upstreams }: ReturnType<typeof upstreamLists>[number]): Fault[] {
  const identities = upstreams.map((upstream) => JSON.stringify({ ...upstream, label: "" }));
  return identities.flatMap((identity, index) => {
    const first = identities.indexOf(identity);
    if (first === index) return [];
    const message = `the same upstream as ${formatKey([...path, first])}`;
    return [{ path: [...path, index], message, hint: "asking it twice gains nothing" }];
  });
}

/** Nobody is asked for the address of an upstream whom the configuration does not name. */
function namesWithoutAddress(config: Config): Fault[] {
  if (config.bootstrap.length > 0) return [];
  return allUpstreams(config).flatMap(({ path, upstream }) => {
    if (upstream.addresses.length > 0) return [];
    const message = `nobody is there to ask for the address of ${upstream.name}`;
    return [{ path, message, hint: addressHint(upstream) }];
  });
}

function addressHint({ protocol, name, label }: UpstreamSpec): string {
  const known = specForName(name ?? "");
  if (protocol === "tls") return `write ${known ?? `tls://ADDRESS#${name}`}, or add bootstrap: [ADDRESS]`;
  const address = known === null ? "ADDRESS" : /^tls:\/\/([^#]*)/.exec(known)![1]!;
  return `write {server: "${label}", addresses: [${address}]}, or add bootstrap: [ADDRESS]`;
}

/** Names that two routes claim, and plain resolvers for every name of which nobody said that they may. */
export function routeFaults({ routes }: Config): Fault[] {
  const claimed = new Map<string, { route: number; written: string }>();
  const twice = routes.flatMap(({ match }, route) =>
    match.flatMap(({ suffix, written }): Fault[] => {
      const before = claimed.get(suffix);
      claimed.set(suffix, before ?? { route, written });
      if (before === undefined) return [];
      const path = ["routes", route, "match"];
      const other = formatKey(["routes", before.route, "match"]);
      const message = `${written} is in ${other} already${before.written === written ? "" : ` as ${before.written}`}`;
      return [{ path, message, hint: "one name goes one way" }];
    }),
  );
  const plain = routes.flatMap(({ match, upstreams }, route) => {
    if (!match.some(({ suffix }) => suffix === ".")) return [];
    return upstreams.flatMap(({ protocol, insecure, label }, index): Fault[] => {
      if (!isPlain(protocol) || insecure) return [];
      const message = `${label} would get every query in the clear`;
      const hint = `if that is meant, write {server: "${label}", insecure: true}`;
      return [{ path: ["routes", route, "upstreams", index], message, hint }];
    });
  });
  return [...firstOfEach(twice), ...plain];
}

/** A prefix of addresses can be there twice a hundred times over. */
function firstOfEach(faults: readonly Fault[]): Fault[] {
  const seen = new Set<string>();
  return faults.filter(({ path, message }) => {
    const key = `${formatKey(path)} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
