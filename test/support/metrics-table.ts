import { METRICS } from "../../src/observe/metrics/families.ts";

/** The part of docs/metrics.md that follows from the code: every metric with its type, its labels and its help. */
export function metricsReference(): string {
  const rows = METRICS.map(({ name, type, labels, help }) => {
    const shown = labels.length === 0 ? "" : labels.map((label) => `\`${label}\``).join(" ");
    return `| \`${name}\` | ${type} | ${shown} | ${help} |\n`;
  });
  return `| metric | type | labels | what it is |\n|---|---|---|---|\n${rows.join("")}`;
}
