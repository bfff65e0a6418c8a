import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { warningsOf } from "../../../src/config/warnings.ts";
import { describeWith } from "../../support/needs.ts";
import { loadDeployed } from "../configs.ts";
import { file } from "../repository.ts";
import { chart, lint, refusal, render, valueFiles } from "./chart.ts";
import { faultsOf, type Manifest, only } from "./manifests.ts";

/** The variables of a container, with what the kubelet would put in. */
function variablesOf(container: { env?: { name: string; value?: string }[] }): Record<string, string> {
  const env: Record<string, string> = {
    NODE_IP: "10.1.2.3",
    DOTLS_CONTROL_TOKEN: "Zm9yIHRoZSB0ZXN0cyBhbG9uZQ",
  };
  for (const { name, value } of container.env ?? []) {
    if (value !== undefined) env[name] = value.replaceAll(/\$\((\w+)\)/g, (_, of: string) => env[of]!);
  }
  return env;
}

/** The pod that runs dotls, and its container, whatever the mode. */
function podOf(manifests: readonly Manifest[]): { spec: Manifest; container: Manifest } {
  const owner = manifests.find(({ kind }) => kind === "Deployment" || kind === "DaemonSet");
  const patch = manifests.find(({ metadata }) => metadata.name.endsWith("-patch"));
  const spec = (owner ?? parse(patch!["data"]["patch.yaml"])).spec.template.spec;
  const containers: Manifest[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return { spec, container: containers.find((one) => one["name"] === "dotls")! };
}

describe("the chart", () => {
  it("has one values file for every mode, and for all that is optional", () => {
    const modes = valueFiles.map((name) => parse(file(`deploy/helm/dotls/ci/${name}`)).mode);
    expect(new Set(modes)).toEqual(new Set(["cluster", "node", "sidecar"]));
  });

  it("has a description of every value, and a value for every description", () => {
    const keysOf = (value: unknown, at = ""): string[] =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) =>
            [`${at}${key}`].concat(keysOf(inner, `${at}${key}.`)),
          )
        : [];
    const schema = JSON.parse(file("deploy/helm/dotls/values.schema.json"));
    const describedAt = (node: { $ref?: string; properties?: Record<string, object> }, at = ""): string[] => {
      const inner = node.$ref === undefined ? node : schema.definitions[node.$ref.split("/").at(-1)!];
      return Object.entries(inner.properties ?? {}).flatMap(([key, child]) =>
        [`${at}${key}`].concat(describedAt(child as object, `${at}${key}.`)),
      );
    };
    const described = new Set(describedAt(schema));
    const values = keysOf(parse(file("deploy/helm/dotls/values.yaml")));
    const free = /^(?:resources\.(?:requests|limits)|dashboard\.labels)\./;
    expect(values.filter((key) => !described.has(key) && !free.test(key))).toEqual([]);
    const optional = /^(?:global|config\.\w+)$/;
    expect([...described].filter((key) => !values.includes(key) && !optional.test(key))).toEqual([]);
  });
});

describeWith(["helm"], "the chart under helm", () => {
  describe.each(valueFiles)("with ci/%s", (name) => {
    let manifests: Manifest[];
    let spec: Manifest;
    let container: Manifest;

    // Not while tests are collected: that happens without helm as well.
    beforeAll(() => {
      manifests = render({ file: name });
      ({ spec, container } = podOf(manifests));
    });

    const { mode } = parse(file(`deploy/helm/dotls/ci/${name}`));

    it("passes lint --strict", () => {
      expect(lint(name)).toMatchObject({ status: 0, said: expect.stringContaining("0 chart(s) failed") });
    });

    it("renders what Kubernetes knows, field by field", () => {
      const patch = manifests.find(({ metadata }) => metadata.name.endsWith("-patch"));
      const patched = patch === undefined ? [] : [patchedDeployment(patch)];
      expect(faultsOf([...manifests, ...patched])).toEqual([]);
    });

    it("gives dotls a configuration that it understands and does not warn of", async () => {
      const config = manifests.find(({ data }) => data?.["dotls.yaml"] !== undefined)!;
      const env = variablesOf(container as object);
      delete env["NODE_IP"];
      const loaded = await loadDeployed(config["data"]["dotls.yaml"], env);
      expect(warningsOf(loaded)).toEqual([]);
      const port = container["ports"]?.[0]?.containerPort;
      if (port !== undefined)
        expect(new Set(loaded.listen.map((door) => door.port))).toEqual(new Set([port]));
      // CoreDNS waits for 2 s.
      expect(loaded.timeout).toBeLessThan(2000);
    });

    it("never lets its pods ask a DNS that would ask them", () => {
      expect(spec["dnsPolicy"]).toBe(mode === "sidecar" ? "None" : "Default");
    });

    it("keeps to the restricted standard, but for what its mode says it needs", () => {
      const { securityContext } = container as unknown as { securityContext: Record<string, unknown> };
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      const both = { ...(spec["securityContext"] as object), ...securityContext };
      const standard = name.startsWith("node") && container["ports"]?.[0]?.containerPort === 53;
      expect(both).toMatchObject(
        standard
          ? { runAsUser: 0, capabilities: { add: ["NET_BIND_SERVICE"] } }
          : { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      );
      if (!standard) expect(securityContext["capabilities"]).toEqual({ drop: ["ALL"] });
      expect(spec["hostNetwork"] ?? false).toBe(mode === "node");
    });

    it("probes what stands still when an upstream is away", () => {
      for (const probe of ["startupProbe", "livenessProbe"]) {
        const { httpGet, exec } = container[probe];
        expect(httpGet?.path ?? exec?.command.join(" ")).toMatch(
          /^(?:\/livez|\/usr\/local\/bin\/dotls healthcheck)$/,
        );
      }
    });
  });

  it("gives a stop time to be noticed, and the last queries theirs", () => {
    const { spec } = podOf(render({ set: ["lameduckSeconds=20"] }));
    expect(spec["terminationGracePeriodSeconds"]).toBe(30);
  });

  it("declares no port under surge, and replaces no pod before the next one answers", () => {
    const manifests = render({ file: "node-surge-values.yaml" });
    expect(only(manifests, "DaemonSet")["spec"].updateStrategy.rollingUpdate).toEqual({
      maxSurge: "10%",
      maxUnavailable: 0,
    });
    expect(podOf(manifests).container["ports"]).toBeUndefined();
  });

  it("lets two pods of a node share their listeners under surge, and there alone", async () => {
    for (const name of valueFiles) {
      const manifests = render({ file: name });
      const config = manifests.find(({ data }) => data?.["dotls.yaml"] !== undefined)!;
      const { shareListeners } = parse(config["data"]["dotls.yaml"]);
      expect([name, shareListeners]).toEqual([name, name === "node-surge-values.yaml" ? true : undefined]);
    }
  });

  it("asks each pod itself under surge, as the network of the node leads to either", () => {
    const { spec, container } = podOf(render({ file: "node-surge-values.yaml" }));
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
      expect(container[probe].exec.command).toEqual(["/usr/local/bin/dotls", "healthcheck"]);
    }
    // The socket behind it is in a folder of the pod.
    expect(container["volumeMounts"]).toContainEqual({ name: "run", mountPath: "/run/dotls" });
    const run = spec["volumes"].find(({ name }: { name: string }) => name === "run");
    expect(Object.keys(run)).toEqual(["name", "emptyDir"]);
  });

  it("sends queries to the pod of the same node as far as the cluster can", () => {
    const distribution = (kubeVersion: string): unknown =>
      render({ kubeVersion }).find(({ kind }) => kind === "Service")!["spec"].trafficDistribution;
    expect(["1.29.0", "1.33.0", "1.34.1"].map(distribution)).toEqual([
      undefined,
      "PreferClose",
      "PreferSameNode",
    ]);
  });

  it("replaces pods for a new configuration, unless they read it while they run", () => {
    const annotations = (set: string[]): Record<string, string> =>
      only(render({ set }), "Deployment")["spec"].template.metadata.annotations ?? {};
    const first = annotations([])["checksum/config"];
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(annotations(['config.timeout="1s"'])["checksum/config"]).not.toBe(first);
    expect(annotations(["hotReload=true"])["checksum/config"]).toBeUndefined();
  });

  it("makes a token where HTTP leaves the pod, and none where it does not", () => {
    const tokens = (options: Parameters<typeof render>[0]): string[] =>
      render(options)
        .filter(({ kind }) => kind === "Secret")
        .map(({ data }) => Buffer.from(data.token, "base64").toString());
    expect(tokens({})).toEqual([expect.stringMatching(/^[A-Za-z0-9]{40}$/)]);
    expect(tokens({})).not.toEqual(tokens({}));
    expect(tokens({ file: "node-link-local-values.yaml" })).toEqual([]);
    expect(tokens({ set: ['control.existingSecret="mine"'] })).toEqual([]);
  });

  it("leaves half of the memory to what is outside of V8's heap", () => {
    const heap = (limit: string): string | undefined =>
      variablesOf(podOf(render({ set: [`resources.limits.memory="${limit}"`] })).container as object)[
        "NODE_OPTIONS"
      ];
    expect(["192Mi", "1Gi", "200M"].map(heap)).toEqual([
      "--max-old-space-size=96",
      "--max-old-space-size=512",
      undefined,
    ]);
  });

  it("puts rules and dashboards of its files into the cluster, untouched", () => {
    const folder = mkdtempSync(join(tmpdir(), "dotls-chart-"));
    try {
      cpSync(chart, folder, { recursive: true, dereference: true });
      const rule =
        'groups:\n  - name: x\n    rules:\n      - alert: A\n        expr: vector(1)\n        annotations: { summary: "{{ $labels.a }}" }\n';
      writeFileSync(join(folder, "files/prometheus/x.rules.yaml"), rule);
      writeFileSync(join(folder, "files/grafana/x.json"), '{"title":"{{ x }}"}');
      const manifests = render({
        chart: folder,
        set: ["prometheusRule.enabled=true", "dashboard.enabled=true"],
      });
      expect(faultsOf(manifests)).toEqual([]);
      const { groups } = only(manifests, "PrometheusRule")["spec"];
      expect(groups).toContainEqual(parse(rule).groups[0]);
      const dashboard = manifests.find(({ metadata }) => metadata.labels?.["grafana_dashboard"] === "1")!;
      expect(JSON.parse(dashboard["data"]["x.json"])).toEqual({ title: "{{ x }}" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe("refuses, and says what to do", () => {
    it.each([
      ["a value that does not exist", ["replicaCount=3"], "additional properties 'replicaCount' not allowed"],
      [
        "an option that does not exist",
        ['config.timeuot="1s"'],
        "additional properties 'timeuot' not allowed",
      ],
      ["a value of another type", ['port="5300"'], "got string, want integer"],
      ["a mode that does not exist", ['mode="daemonset"'], "value must be one of"],
      ["an option that the chart sets itself", ['config.listen=["0.0.0.0:53"]'], "'listen' not allowed"],
      ["port 53 without a privilege", ["port=53"], "leave it at 5300, the Service has port 53 all the same"],
      ["two doors at one port", ["control.port=5300"], "give control.port another one"],
      ["a node's loopback", ['mode="node"', 'node.address="127.0.0.1"'], "CoreDNS would ask itself there"],
      ["an open resolver", ['mode="node"', 'node.address="0.0.0.0"'], "make every node an open resolver"],
      ["an address to make that is none", ['mode="node"', "node.createAddress=true"], "set node.address"],
      [
        "HTTP under surge",
        ['mode="node"', "node.surge=true", "podMonitor.enabled=true"],
        "switch one of the two off",
      ],
      ["surge where there are no nodes", ["node.surge=true"], "leave it off in mode cluster"],
      [
        "listeners that are shared with nobody",
        ["config.shareListeners=true"],
        "'shareListeners' not allowed",
      ],
      [
        "a ServiceMonitor without a Service",
        ['mode="node"', "serviceMonitor.enabled=true"],
        "use podMonitor",
      ],
      ["a PodMonitor where there is a Service", ["podMonitor.enabled=true"], "use serviceMonitor"],
      [
        "a NetworkPolicy without power",
        ['mode="node"', "networkPolicy.enabled=true"],
        "switch it off in mode node",
      ],
      ["a certificate from nowhere", ["tls.clientCertificate=true"], "need tls.existingSecret"],
      ["a Secret for nothing", ['tls.existingSecret="x"'], "is used for nothing"],
      ["a sidecar that loses the cluster", ['mode="sidecar"'], "set it to the address that `kubectl"],
      [
        "a quota for no class",
        ['priorityClassName=""', "priorityQuota.enabled=true"],
        "set priorityClassName to auto",
      ],
      [
        "an upstream in the clear",
        ['upstreams=["udp://10.0.0.2"]'],
        "plain resolvers stand in config.routes only",
      ],
      [
        "an upstream by name",
        ['upstreams=["tls://dns.quad9.net"]'],
        "write tls://ADDRESS#NAME, or set config.bootstrap",
      ],
      ["no upstream", ["upstreams=[]"], "minItems"],
    ])("%s", (_, set, advice) => {
      expect(refusal({ set })).toContain(advice);
    });

    it("monitors without the operator, and sidecars where Kubernetes has none", () => {
      const monitored = { set: ["serviceMonitor.enabled=true"] };
      expect(refusal(monitored)).toBe("");
      expect(refusal({ ...monitored, bare: true })).toContain("install it first, or switch them off");
      expect(refusal({ file: "sidecar-values.yaml", kubeVersion: "1.28.0" })).toContain(
        "needs Kubernetes 1.29",
      );
    });

    it("no upstream that is written with an address, or that has somebody to ask for it", () => {
      const upstreams = [
        "tls://[2620:fe::fe]:853#dns.quad9.net",
        "tls://9.9.9.9%dns.quad9.net",
        "quad9",
        "9.9.9.9@853#dns.quad9.net",
        "https://1.1.1.1/dns-query",
      ];
      expect(refusal({ set: [`upstreams=${JSON.stringify(upstreams)}`] })).toBe("");
      expect(refusal({ set: ['upstreams=["tls://dns.quad9.net"]', 'config.bootstrap=["9.9.9.9"]'] })).toBe(
        "",
      );
    });
  });

  it("is looked at closely: a field that is misspelled, of a wrong type, or no choice is found", () => {
    const spoiled = (spoil: (spec: Manifest["spec"]) => void): string => {
      const deployment = only(render(), "Deployment");
      spoil(deployment["spec"].template.spec);
      return faultsOf([deployment]).join("\n");
    };
    expect(spoiled((spec) => (spec.hostNetwrok = true))).toMatch(/hostNetwrok.* does not exist in type/);
    const protocol = spoiled((spec) => (spec.containers[0].ports[0].protocol = "UDPX"));
    const port = spoiled((spec) => (spec.containers[0].livenessProbe.httpGet.port = { number: 5 }));
    expect(protocol).toContain("ports/0/protocol must be equal to one of the allowed values");
    expect(port).toContain("livenessProbe/httpGet/port must be");
    expect(faultsOf([{ ...render().find(({ kind }) => kind === "Service")!, kind: "Servce" }])).toEqual([
      "Servce dotls: there is no v1 Servce",
    ]);
  });
});

/** What `kubectl patch` makes of a Deployment with one container, and which fields it must have for it. */
function patchedDeployment(patch: Manifest): Manifest {
  const { metadata, spec } = parse(patch["data"]["patch.yaml"]).spec.template;
  const labels = { app: "shop" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "shop" },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, ...metadata },
        spec: { containers: [{ name: "shop", image: "shop" }], ...spec },
      },
    },
  };
}
