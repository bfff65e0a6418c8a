import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { OPTIONS, variableOf } from "../../src/config/options.ts";
import { describeWith } from "../support/needs.ts";
import { loadDeployed } from "./configs.ts";
import { refusal } from "./kubernetes/chart.ts";
import { file, root } from "./repository.ts";

const pages = ["docker", "pi-hole", "systemd", "other-systems", "kubernetes", "system"].map(
  (name) => `docs/${name}.md`,
);

const blocks = (page: string, language: string): string[] =>
  [...file(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text]) => text!);

describe.each(pages)("%s", (page) => {
  const text = file(page);

  it("links to what is there", () => {
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target!);
    const local = links.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });

  it("names files of deploy/ and scripts/ that are there", () => {
    const named = [...text.matchAll(/\b(?:deploy|scripts)\/[\w./-]*\w/g)].map(([path]) => path);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("names variables that dotls knows", () => {
    const variables = new Set([...OPTIONS.keys()].map(variableOf)).add("DOTLS_QUERY_SERVER");
    const named = [...text.matchAll(/\bDOTLS_[A-Z_]*[A-Z]/g)].map(([name]) => name);
    expect(named.filter((name) => !variables.has(name))).toEqual([]);
  });

  it("has configurations that can be used", async () => {
    const configs = blocks(page, "yaml").filter((block) => block.startsWith("# dotls.yaml"));
    for (const config of configs) expect((await loadDeployed(config)).listen.length).toBeGreaterThan(0);
  });
});

it("every file of deploy/ for people to take is on a page", () => {
  const text = pages.map(file).join("\n");
  const files = ["compose", "systemd", "launchd", "openwrt", "windows", "networkmanager", "coredns"].flatMap(
    (folder) =>
      readdirSync(join(root, "deploy", folder), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `deploy/${folder}/${entry.name}`),
  );
  expect(files.filter((path) => !text.includes(path))).toEqual([]);
});

it("the commands for Docker publish both transports, on an address", () => {
  for (const line of blocks("docs/docker.md", "sh")
    .join("")
    .split("\n")
    .filter((one) => one.startsWith("docker run"))) {
    expect(line).toMatch(/-p 127\.0\.0\.1:53:5300\/udp -p 127\.0\.0\.1:53:5300\/tcp dotls$/);
  }
});

describeWith(["helm"], "the values in docs/kubernetes.md", () => {
  it("are what the chart takes", () => {
    const values = blocks("docs/kubernetes.md", "yaml");
    expect(values.length).toBeGreaterThan(1);
    for (const text of values) {
      const set = Object.entries(parse(text) as object).map(
        ([key, value]) => `${key}=${JSON.stringify(value)}`,
      );
      expect(refusal({ set })).toBe("");
    }
  });
});
