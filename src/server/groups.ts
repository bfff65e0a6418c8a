import { clusterZone } from "../config/cluster-zone.ts";
import type { Config, Policy, UpstreamSpec } from "../config/config.ts";
import { parseResolvConf } from "../config/resolv-conf.ts";
import { readUpstream } from "../config/upstream-spec.ts";
import type { Log } from "../observe/log.ts";
import { Routes } from "../resolve/routes.ts";
import { Group } from "../upstream/group.ts";
import { policyMakers } from "./policies.ts";
import { readResolvConf } from "./own-resolv-conf.ts";
import type { UpstreamLease } from "./upstream-lease.ts";

/** The groups of servers that a configuration has, and the routes to them. */
export interface Groups {
  readonly routes: Routes<Group>;
  /** A group in plain DNS, in the order given, for the bypass. */
  plain(addresses: readonly string[]): Group;
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
  const group = (upstreams: readonly UpstreamSpec[], policy: Policy): Group =>
    new Group(
      upstreams.flatMap((spec) => lease.take(spec)),
      policyOf(policy),
    );
  const plain = (addresses: readonly string[]): Group =>
    group(
      addresses.map((address) => readUpstream(`udp://${bracketed(address)}:53`, config.tls)),
      "failover",
    );
  const fallback = group(config.upstreams, config.policy);
  const routes = config.routes.map(({ match, upstreams, policy }) => ({
    match,
    group: group(upstreams, policy),
  }));
  const cluster = config.cluster === "auto" ? clusterZone(parseResolvConf(resolvConf)) : null;
  const taken = config.routes.some(({ match }) => match.some(({ suffix }) => suffix === cluster?.zone));
  if (cluster !== null && !taken) {
    const { zone, nameservers } = cluster;
    log.info(`the cluster's zone goes to the cluster's DNS, in the clear`, {
      zone,
      nameservers: nameservers.join(" "),
    });
    routes.push({ match: [{ suffix: zone, apex: true, written: zone }], group: plain(nameservers) });
  }
  return { routes: new Routes(routes, fallback), plain };
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
