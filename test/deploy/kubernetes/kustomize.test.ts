import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { warningsOf } from "../../../src/config/warnings.ts";
import { IDLE_TIMEOUT } from "../../../src/listen/tcp-client.ts";
import { describeWith } from "../../support/needs.ts";
import { loadDeployed } from "../configs.ts";
import { file, root } from "../repository.ts";
import { faultsOf, type Manifest, manifestsIn, only } from "./manifests.ts";

describeWith(["kubectl"], "the manifests under kubectl kustomize", () => {
  describe.each([
    ["cluster", "Deployment", 5300],
    ["node", "DaemonSet", 53],
  ])("deploy/kustomize/%s", (name, kind, port) => {
    let manifests: Manifest[];
    let template: Manifest;
    beforeAll(() => {
      const text = execFileSync("kubectl", ["kustomize", join(root, "deploy/kustomize", name)], {
        encoding: "utf8",
      });
      manifests = manifestsIn(text);
      template = only(manifests, kind)["spec"].template;
    });

    it("are what Kubernetes knows, field by field", () => {
      expect(faultsOf(manifests)).toEqual([]);
    });

    it("belong together: namespace, labels, configuration, account", () => {
      const namespace = only(manifests, "Namespace").metadata.name;
      const others = manifests.filter((manifest) => manifest.kind !== "Namespace");
      expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set([namespace]));
      const { labels } = template["metadata"] as { labels: Record<string, string> };
      const selector = { "app.kubernetes.io/name": labels["app.kubernetes.io/name"] };
      expect(only(manifests, kind)["spec"].selector.matchLabels).toEqual(selector);
      for (const { kind: other, spec } of manifests) {
        if (other === "Service") expect(spec.selector).toEqual(selector);
        // Without a selector it is for no pod, and with an empty one for every pod.
        if (other === "PodDisruptionBudget") expect(spec.selector.matchLabels).toEqual(selector);
        if (other !== "NetworkPolicy") continue;
        expect(spec.podSelector.matchLabels).toEqual(selector);
        expect(spec.ingress[0].from[0].podSelector.matchLabels).toEqual({ "k8s-app": "kube-dns" });
      }
      expect(template["spec"].volumes[0].configMap.name).toBe(only(manifests, "ConfigMap").metadata.name);
      expect(template["spec"].serviceAccountName).toBe(only(manifests, "ServiceAccount").metadata.name);
    });

    it("give dotls a configuration that it understands, and a port that it has", async () => {
      const config = await loadDeployed(only(manifests, "ConfigMap")["data"]["dotls.yaml"]);
      expect(warningsOf(config)).toEqual([]);
      expect(config.listen.map((door) => door.port)).toEqual([port, port]);
      const ports: { containerPort: number }[] = template["spec"].containers[0].ports;
      expect(ports.map(({ containerPort }) => containerPort)).toEqual([port, port]);
      expect(config.timeout).toBeLessThan(2000);
    });

    it("never make dotls ask the cluster's DNS for what that asks dotls", () => {
      expect(template["spec"].dnsPolicy).toBe("Default");
    });

    it("keep to the standard that their namespace enforces", () => {
      const enforced = only(manifests, "Namespace").metadata.labels!["pod-security.kubernetes.io/enforce"];
      expect(enforced).toBe(name === "cluster" ? "restricted" : "privileged");
      const { securityContext, hostNetwork } = template["spec"];
      for (const container of template["spec"].containers) {
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        if (enforced === "restricted") expect(container.securityContext.capabilities.add).toBeUndefined();
      }
      if (enforced !== "restricted") return;
      expect(hostNetwork).toBeUndefined();
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
    });
  });
});

describe("what is there for the cluster's DNS", () => {
  const corefile = file("deploy/coredns/Corefile");

  it("forwards to dotls and never to the node's resolv.conf, with CoreDNS' own probe for loops", () => {
    const settings = corefile.replaceAll(/^\s*#.*$/gm, "");
    expect(settings.match(/\bforward \. \S+/g)).toEqual(["forward . {$DOTLS}"]);
    expect(settings).toMatch(/^ {4}loop$/m);
    expect(settings.split("{").length).toBe(settings.split("}").length);
  });

  it("lets go of connections before dotls does", () => {
    const seconds = Number(/expire (\d+)s/.exec(corefile)?.[1]);
    expect(1000 * seconds).toBeLessThan(IDLE_TIMEOUT);
  });

  it("takes the address of the node from where Kubernetes has it", () => {
    const patch = parse(file("deploy/coredns/coredns-patch.yaml")).spec.template;
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "coredns" },
      spec: { selector: {}, template: patch },
    };
    expect(faultsOf([deployment])).toEqual([]);
    expect(patch.spec.containers[0].env[0]).toEqual({
      name: "DOTLS",
      valueFrom: { fieldRef: { fieldPath: "status.hostIP" } },
    });
  });

  it("gives kube-dns a list of addresses, as it wants it", () => {
    const [configMap] = manifestsIn(file("deploy/coredns/kube-dns.yaml"));
    expect(faultsOf([configMap!])).toEqual([]);
    expect(JSON.parse(configMap!["data"].upstreamNameservers)).toEqual([expect.stringMatching(/^[\d.]+$/)]);
  });
});
