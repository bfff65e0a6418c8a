import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import { PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import { DaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { Pod } from "kubernetes-models/v1/Pod";
import { ResourceQuota } from "kubernetes-models/v1/ResourceQuota";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { parseAllDocuments } from "yaml";
import { root } from "../repository.ts";

/** An object of Kubernetes, as far as every one is alike. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind has fields of its own; faultsOf has looked at them
  readonly [field: string]: any;
}

interface Kind {
  /** Throws when something has the wrong type or form, or is missing. */
  readonly check: (manifest: Manifest) => void;
  /** Where its interface is. */
  readonly module: string;
}

/** What the classes are made of: the definitions of Kubernetes and of the Prometheus operator. */
// oxlint-disable-next-line typescript/no-explicit-any -- the constructors take different data
function kindOf(make: new (data: any) => { validate(): void }, module: string): Kind {
  return { check: (manifest) => new make(manifest).validate(), module };
}

const operator = "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
const kinds: Readonly<Record<string, Kind>> = {
  "apps/v1 DaemonSet": kindOf(DaemonSet, "kubernetes-models/apps/v1/DaemonSet"),
  "apps/v1 Deployment": kindOf(Deployment, "kubernetes-models/apps/v1/Deployment"),
  "networking.k8s.io/v1 NetworkPolicy": kindOf(
    NetworkPolicy,
    "kubernetes-models/networking.k8s.io/v1/NetworkPolicy",
  ),
  "policy/v1 PodDisruptionBudget": kindOf(
    PodDisruptionBudget,
    "kubernetes-models/policy/v1/PodDisruptionBudget",
  ),
  "v1 ConfigMap": kindOf(ConfigMap, "kubernetes-models/v1/ConfigMap"),
  "v1 Namespace": kindOf(Namespace, "kubernetes-models/v1/Namespace"),
  "v1 Pod": kindOf(Pod, "kubernetes-models/v1/Pod"),
  "v1 ResourceQuota": kindOf(ResourceQuota, "kubernetes-models/v1/ResourceQuota"),
  "v1 Secret": kindOf(Secret, "kubernetes-models/v1/Secret"),
  "v1 Service": kindOf(Service, "kubernetes-models/v1/Service"),
  "v1 ServiceAccount": kindOf(ServiceAccount, "kubernetes-models/v1/ServiceAccount"),
  "monitoring.coreos.com/v1 PodMonitor": kindOf(PodMonitor, `${operator}/PodMonitor`),
  "monitoring.coreos.com/v1 PrometheusRule": kindOf(PrometheusRule, `${operator}/PrometheusRule`),
  "monitoring.coreos.com/v1 ServiceMonitor": kindOf(ServiceMonitor, `${operator}/ServiceMonitor`),
};

/** Reads a stream of YAML documents; empty ones are left out. Throws for what is no YAML. */
export function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    const manifest: Manifest | null = document.toJS();
    return manifest === null ? [] : [manifest];
  });
}

/** The one manifest of a kind. */
export function only(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  if (found.length !== 1) throw new Error(`there are ${found.length} of kind ${kind}`);
  return found[0]!;
}

/**
 * Everything that the definitions of Kubernetes have against these manifests. Types, enumerations, patterns and missing
 * fields are found by their schemas; fields that do not exist by the compiler, which refuses them in a literal.
 */
export function faultsOf(manifests: readonly Manifest[]): string[] {
  const faults: string[] = [];
  const sources: string[] = [];
  for (const [i, manifest] of manifests.entries()) {
    const name = `${manifest.kind} ${manifest.metadata?.name}`;
    const kind = kinds[`${manifest.apiVersion} ${manifest.kind}`];
    if (kind === undefined) {
      faults.push(`${name}: there is no ${manifest.apiVersion} ${manifest.kind}`);
      continue;
    }
    try {
      kind.check(manifest);
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const type = `I${manifest.kind}`;
    const literal = JSON.stringify(manifest, null, 1);
    sources.push(
      `import type { ${type} as Kind${i} } from "${kind.module}";\nexport const manifest${i}: Kind${i} = ${literal};\n`,
    );
  }
  return [...faults, ...compilerFaults(sources.join("\n"))];
}

function compilerFaults(source: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "dotls-manifests-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "manifests.ts"), source);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: "esnext",
      moduleResolution: "bundler",
      skipLibCheck: true,
      types: [],
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["manifests.ts"] }),
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
      encoding: "utf8",
    });
    const lines = source.split("\n");
    return stdout
      .split("\n")
      .filter((line) => line.includes("error TS"))
      .map((line) => {
        const number = Number(/\((\d+),/.exec(line)?.[1]);
        return `${(lines[number - 1] ?? "").trim()}: ${line.replace(/^.*?error /, "")}`;
      });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
