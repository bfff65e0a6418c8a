import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeWith } from "../../support/needs.ts";
import { unknownIn } from "./known-metrics.ts";

const folder = fileURLToPath(new URL("../../../deploy/prometheus/", import.meta.url));
const page = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}

const { groups } = parse(readFileSync(`${folder}dotls.rules.yaml`, "utf8")) as {
  groups: { rules: Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);

describe("the rules for Prometheus", () => {
  const recorded = new Set(rules.flatMap(({ record }) => record ?? []));

  it.each(rules.map(({ alert, record, expr }) => [alert ?? record!, expr]))(
    "%s is about metrics and labels that there are",
    (_, expr) => {
      expect(unknownIn(expr, recorded)).toEqual([]);
    },
  );

  it("each alert is in docs/metrics.md, and no other", () => {
    const written = [...page.matchAll(/^\| `(Dotls\w+)` \|/gm)].map((match) => match[1]);
    expect(written).toEqual(rules.flatMap(({ alert }) => alert ?? []));
  });

  it("an unknown metric or label would be seen", () => {
    expect(unknownIn('rate(dotls_nonsense_total{job="a"}[5m])', recorded)).toEqual(["dotls_nonsense_total"]);
    expect(unknownIn('dotls_upstream_up{upstraem="a"}', recorded)).toEqual(["dotls_upstream_up{upstraem}"]);
    expect(unknownIn("sum by (source, rcod) (dotls_dns_responses_total)", recorded)).toEqual(["by rcod"]);
  });
});

describeWith(["promtool"], "promtool", () => {
  it.each([
    ["check", "dotls.rules.yaml"],
    ["test", "dotls.rules.test.yaml"],
  ])("%s rules %s", (what, file) => {
    const { status, stdout, stderr } = spawnSync("promtool", [what, "rules", folder + file], {
      encoding: "utf8",
    });
    expect(`${status} ${stdout}${stderr}`).toMatch(/^0 [\s\S]*SUCCESS/);
  });
});
