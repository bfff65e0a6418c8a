import { describe, expect, it } from "vitest";
import { clusterZone } from "../../src/config/cluster-zone.ts";
import { parseResolvConf } from "../../src/config/resolv-conf.ts";

function found(search: string, nameservers: readonly string[] = ["10.96.0.10"]): unknown {
  return clusterZone(
    parseResolvConf(
      [`search ${search}`, ...nameservers.map((address) => `nameserver ${address}`)].join("\n"),
    ),
  );
}

describe("the zone of a cluster", () => {
  it.each([
    ["default.svc.cluster.local svc.cluster.local cluster.local", "cluster.local"],
    ["default.svc.cluster.local svc.cluster.local cluster.local corp.example", "cluster.local"],
    [
      "corp.example kube-system.svc.k8s.corp.example svc.k8s.corp.example k8s.corp.example",
      "k8s.corp.example",
    ],
    ["NS.SVC.Cluster.Local. SVC.Cluster.Local. Cluster.Local.", "cluster.local"],
  ])("is in the search list %s", (search, zone) => {
    expect(found(search)).toEqual({ zone, nameservers: ["10.96.0.10"] });
  });

  it.each([
    "corp.example",
    "svc.cluster.local cluster.local",
    "default.svc.cluster.local cluster.local",
    "default.svc.cluster.local svc.cluster.local",
    "cluster.local svc.cluster.local default.svc.cluster.local",
    "a.b.svc.cluster.local svc.cluster.local cluster.local",
    "default.svc.one.local svc.two.local one.local",
    "",
  ])("is not in %j", (search) => {
    expect(found(search)).toBeNull();
  });

  it("is served by others than this host", () => {
    const search = "default.svc.cluster.local svc.cluster.local cluster.local";
    expect(found(search, [])).toBeNull();
    expect(found(search, ["127.0.0.1", "0:0::1"])).toBeNull();
    expect(found(search, ["127.0.0.1", "169.254.20.10", "fd00::a"])).toEqual({
      zone: "cluster.local",
      nameservers: ["169.254.20.10", "fd00::a"],
    });
  });
});
