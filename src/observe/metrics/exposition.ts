import { type Metric, type MetricObjectWithValues, type MetricValue, Registry } from "prom-client";
import { METRICS } from "./families.ts";
import type { Family, SeriesHistogram } from "./family.ts";
import type { MetricsSample } from "./sample.ts";

/** The media type of the text. */
export const METRICS_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;

type Values = (MetricValue<string> & { metricName?: string })[];

/** Writes a sample in the text format of Prometheus, version 0.0.4. What is not there in this set-up is left out. */
export async function metricsText(sample: MetricsSample): Promise<string> {
  const registry = new Registry();
  for (const family of METRICS) {
    const values = valuesOf(family, sample);
    if (values.length > 0) registry.registerMetric(fed(family, values));
  }
  return registry.metrics();
}

/**
 * A metric that is not counted by prom-client, which would take a map and a string for each step, but handed to it at the
 * scrape: its registry asks for nothing but a name and `get`.
 */
function fed({ name, help, type }: Family, values: Values): Metric {
  const object = { name, help, type, values, aggregator: "sum" };
  const metric: { name: string; get(): Promise<unknown> } = { name, get: () => Promise.resolve(object) };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Metric` is a union of its own classes
  return metric as unknown as Metric & { get(): Promise<MetricObjectWithValues<MetricValue<string>>> };
}

function valuesOf(family: Family, sample: MetricsSample): Values {
  const named = (labels: readonly string[]): Record<string, string> =>
    Object.fromEntries(family.labels.map((label, at) => [label, labels[at]!]));
  if (family.type === "histogram") {
    return family.read(sample).flatMap((counted) => lines(family.name, counted, named(counted.labels)));
  }
  return family.read(sample).map(([labels, value]) => ({ labels: named(labels), value }));
}

/** Buckets are cumulative in the text, and each by itself where they are counted. */
function lines(
  name: string,
  { bounds, counts, sum }: SeriesHistogram,
  labels: Record<string, string>,
): Values {
  let total = 0;
  const values: Values = bounds.map((bound, at) => {
    total += counts[at]!;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: total };
  });
  total += counts[bounds.length]!;
  values.push(
    { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: total },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  );
  return values;
}
