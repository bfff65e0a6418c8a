import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../repository.ts";
import { type Manifest, manifestsIn } from "./manifests.ts";

export const chart: string = join(root, "deploy/helm/dotls");

/** The values that are rendered in tests, one file a use. */
export const valueFiles: readonly string[] = readdirSync(join(chart, "ci")).sort();

export interface RenderOptions {
  /** Of the chart's ci folder. */
  readonly file?: string;
  /** `key=value`, as `helm --set-json` has it. */
  readonly set?: readonly string[];
  readonly kubeVersion?: string;
  /** Without the Prometheus operator in the cluster. */
  readonly bare?: boolean;
  readonly chart?: string;
}

function words(options: RenderOptions): string[] {
  return [
    ...(options.file === undefined ? [] : ["--values", join(chart, "ci", options.file)]),
    ...(options.set ?? []).flatMap((setting) => ["--set-json", setting]),
  ];
}

/** Renders the chart as `helm install` would; throws with what helm says. */
export function render(options: RenderOptions = {}): Manifest[] {
  const { kubeVersion = "1.35.0", bare = false } = options;
  const apis = bare ? [] : ["--api-versions", "monitoring.coreos.com/v1"];
  const args = [
    "template",
    "dotls",
    options.chart ?? chart,
    "--namespace",
    "dns",
    "--kube-version",
    kubeVersion,
  ];
  return manifestsIn(
    execFileSync("helm", [...args, ...apis, ...words(options)], { encoding: "utf8", stdio: "pipe" }),
  );
}

/** What helm says against values, on one line; empty when it renders them. */
export function refusal(options: RenderOptions): string {
  try {
    render(options);
    return "";
  } catch (error) {
    return (error as { stderr: string }).stderr.replaceAll(/\s+/g, " ").trim();
  }
}

/** `helm lint --strict`: the exit code, and what it says. */
export function lint(file: string): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("helm", ["lint", "--strict", chart, ...words({ file })], {
    encoding: "utf8",
  });
  return { status, said: `${stdout}${stderr}` };
}
