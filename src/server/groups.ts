import { clusterZone } from "../config/cluster-zone.ts";
import type { Config, Policy, RouteMatch, UpstreamSpec } from "../config/config.ts";
import { parseResolvConf } from "../config/resolv-conf.ts";
import { readUpstream } from "../config/upstream-spec.ts";
import type { Log } from "../observe/log.ts";
import { Routes } from "../resolve/routes.ts";
import { Group } from "../upstream/group.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { policyMakers } from "./policies.ts";
import { readResolvConf } from "./own-resolv-conf.ts";
import type { UpstreamLease } from "./upstream-lease.ts";

/** The groups of servers that a configuration has, and the routes to them. */
export interface Groups {
  readonly routes: Routes<Group>;
  /** What each group of a configuration is for. */
  readonly about: WeakMap<Group, GroupPurpose>;
  /** A zone that a server is there for, in text: the first of its route, or the root. */
  zoneOf(upstream: Upstream): string;
  /** A group in plain DNS, in the order given, for the bypass. */
  plain(addresses: readonly string[]): Group;
}

/** What a group is for. */
export interface GroupPurpose {
  readonly policy: Policy;
  /** The suffixes of its route; empty: it takes what no route does. */
  readonly match: readonly RouteMatch[];
}

/** Makes the groups; inside Kubernetes the zone of the cluster gets a route, unless the configuration has one. */
export async function makeGroups(
  config: Config,
  lease: UpstreamLease,
  log: Log,
  resolvConf: string = readResolvConf(),
): Promise<Groups> {
  const policies = new Set<Policy>([config.policy, ...config.routes.map((route) => route.policy)]);
  const policyOf = await policyMakers(policies);
  const about = new WeakMap<Group, GroupPurpose>();
  const zones = new WeakMap<Upstream, string>();
  const group = (
    upstreams: readonly UpstreamSpec[],
    policy: Policy,
    match: readonly RouteMatch[] = [],
  ): Group => {
    const made = new Group(
      upstreams.flatMap((spec) => lease.take(spec)),
      policyOf(policy),
    );
    about.set(made, { policy, match });
    for (const upstream of made.upstreams) zones.set(upstream, match[0]?.suffix ?? ".");
    return made;
  };
  const plain = (addresses: readonly string[], match: readonly RouteMatch[] = []): Group =>
    group(
      addresses.map((address) => readUpstream(`udp://${bracketed(address)}:53`, config.tls)),
      "failover",
      match,
    );
  const fallback = group(config.upstreams, config.policy);
  const routes = config.routes.map(({ match, upstreams, policy }) => ({
    match,
    group: group(upstreams, policy, match),
  }));
  const cluster = config.cluster === "auto" ? clusterZone(parseResolvConf(resolvConf)) : null;
  const taken = config.routes.some(({ match }) => match.some(({ suffix }) => suffix === cluster?.zone));
  if (cluster !== null && !taken) {
    const { zone, nameservers } = cluster;
    log.info(`the cluster's zone goes to the cluster's DNS, in the clear`, {
      zone,
      nameservers: nameservers.join(" "),
    });
    const match = [{ suffix: zone, apex: true, written: zone }];
    routes.push({ match, group: plain(nameservers, match) });
  }
  const zoneOf = (upstream: Upstream): string => zones.get(upstream) ?? ".";
  return { routes: new Routes(routes, fallback), about, zoneOf, plain };
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
