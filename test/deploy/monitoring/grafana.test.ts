import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { METRICS } from "../../../src/observe/metrics/families.ts";
import { describeWith } from "../../support/needs.ts";
import { unknownIn } from "./known-metrics.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(
  readFileSync(new URL("../../../deploy/grafana/dotls.json", import.meta.url), "utf8"),
) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition: string }[] };
};
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => [title, expr, legendFormat] as const),
);

describe("the dashboard for Grafana", () => {
  it.each(queries)("%s: %s", (_, expr, legend) => {
    expect(unknownIn(expr)).toEqual([]);
    // What the legend names must be among what the query keeps.
    const kept = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(", ");
    const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]!);
    if (kept !== undefined) for (const label of named) expect(kept).toContain(label);
    // One data source, job and instance are chosen above.
    expect(expr).toContain('job=~"$job",instance=~"$instance"');
  });

  it("chooses its variables from metrics that there are", () => {
    for (const { definition } of dashboard.templating.list) {
      expect(unknownIn(definition.replace(/^label_values\((.*), \w+\)$/, "$1"))).toEqual([]);
    }
  });

  it("has panels of Grafana's own alone, each under a number and a place of its own", () => {
    const core = new Set("row stat timeseries heatmap state-timeline bargauge table".split(" "));
    const cells = new Set<string>();
    for (const { type, gridPos, datasource } of dashboard.panels) {
      expect(core).toContain(type);
      if (type !== "row") expect(datasource?.uid).toBe("${DS_PROMETHEUS}");
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x).toBeLessThan(24);
          expect(cells.has(`${x} ${y}`)).toBe(false);
          cells.add(`${x} ${y}`);
        }
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it("shows nearly all that there is", () => {
    const text = JSON.stringify(queries);
    const missing = METRICS.map(({ name }) => name).filter((name) => !text.includes(name));
    expect(missing).toEqual([
      "dotls_upstream_inflight",
      "dotls_upstream_mismatched_total",
      "dotls_upstream_connections_opened_total",
      "dotls_upstream_queries_per_connection",
      "dotls_loop_detected_total",
      "dotls_querylog_entries",
      "dotls_dnstap_frames_total",
      "dotls_config_info",
      "dotls_config_last_reload_successful",
      "dotls_config_last_reload_success_timestamp_seconds",
      "process_start_time_seconds",
      "process_max_fds",
      "nodejs_external_memory_bytes",
    ]);
  });
});

describeWith(["promtool"], "promtool", () => {
  it("reads every query of the dashboard", () => {
    const folder = mkdtempSync(join(tmpdir(), "dotls-grafana-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const rules = queries.map(([, expr], at) => ({
      record: `q:${at}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$(job|instance)/g, ".+"),
    }));
    const file = join(folder, "queries.yaml");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "queries", rules }] }));
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", file], { encoding: "utf8" });
    expect(`${status} ${stdout}${stderr}`).toContain(
      `0 Checking ${file}\n  SUCCESS: ${queries.length} rules found`,
    );
  });
});
