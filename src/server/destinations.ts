import { clusterZone } from "../config/cluster-zone.ts";
import type { Config, UpstreamSpec } from "../config/config.ts";
import { parseResolvConf } from "../config/resolv-conf.ts";

/** The zone that stands for all names without a route. */
const ROOT = ".";

/** Whose answers count for which names: of each zone the servers, each with what it must prove. */
export type Destinations = ReadonlyMap<string, ReadonlySet<string>>;

/** Where the questions of a configuration go. `resolvConf`: the text of /etc/resolv.conf, where the cluster's zone is in question. */
export function destinationsOf({ upstreams, routes, cluster }: Config, resolvConf: string): Destinations {
  const found = new Map([[ROOT, serversOf(upstreams)]]);
  const zone = cluster === "auto" ? clusterZone(parseResolvConf(resolvConf)) : null;
  // A route takes its place.
  if (zone !== null) found.set(zone.zone, new Set(zone.nameservers));
  for (const { match, upstreams } of routes) {
    for (const { suffix } of match) found.set(suffix, serversOf(upstreams));
  }
  return found;
}

/**
 * The zones of which something in memory may be the answer of a server that is not to be asked for them any more: those
 * that have lost a server, one that must prove more now included, and those that are routes on one side only. The root
 * stands for everything.
 */
export function zonesChanged(before: Destinations, after: Destinations): string[] {
  const zones = new Set([...before.keys(), ...after.keys()]);
  return [...zones].filter((zone) => {
    const [old, now] = [before.get(zone), after.get(zone)];
    return old === undefined || now === undefined || [...old].some((server) => !now.has(server));
  });
}

function serversOf(upstreams: readonly UpstreamSpec[]): Set<string> {
  return new Set(
    upstreams.flatMap(({ protocol, addresses, port, name, path, ddr, pins, certHashes, tls }) => {
      const isPlain = protocol === "udp" || protocol === "tcp";
      const proof = isPlain ? null : [tls.verify, tls.ca, tls.minVersion, pins, certHashes];
      const each = addresses.length === 0 ? [null] : addresses;
      return each.map((address) => JSON.stringify([protocol, address, port, name, path, ddr, proof]));
    }),
  );
}
