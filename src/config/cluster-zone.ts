import { canonicalAddress, isLoopback } from "./ip-address.ts";
import type { ResolvConf } from "./resolv-conf.ts";

/** The zone of a Kubernetes cluster, and who serves it. */
export interface ClusterZone {
  /** Without a final dot, in lower case: mostly `cluster.local`. */
  readonly zone: string;
  /** IP addresses, at least one. */
  readonly nameservers: readonly string[];
}

/**
 * Recognises what a kubelet writes for pods that are to use the cluster's DNS: a search list with
 * `NAMESPACE.svc.ZONE`, `svc.ZONE` and `ZONE` in this order. Null when it is something else, or when only this host
 * itself is named: a sidecar that its pod asks would ask itself.
 */
export function clusterZone(conf: ResolvConf): ClusterZone | null {
  const nameservers = conf.nameservers.filter((address) => !isLoopback(canonicalAddress(address) ?? address));
  if (nameservers.length === 0) return null;
  const search = conf.search.map((name) => name.toLowerCase());
  for (const [i, name] of search.entries()) {
    const zone = /^[^.]+\.svc\.(.+)$/.exec(name)?.[1];
    if (zone === undefined) continue;
    const services = search.indexOf(`svc.${zone}`, i);
    if (services >= 0 && search.includes(zone, services)) return { zone, nameservers };
  }
  return null;
}
