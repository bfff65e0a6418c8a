import type { MetricsSample } from "./sample.ts";

/** One line of a metric: labels in the order of the family, and the value. */
export type Series = readonly [labels: readonly string[], value: number];

/** A histogram as it was counted, with the upper bounds of its buckets in the unit of the metric. */
export interface SeriesHistogram {
  readonly labels: readonly string[];
  readonly bounds: readonly number[];
  /** One more than the bounds. */
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

interface FamilyHead {
  /** With its prefix. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** A metric: what it is, and how it is read from a sample. */
export type Family =
  | (FamilyHead & {
      readonly type: "counter" | "gauge";
      readonly read: (sample: MetricsSample) => readonly Series[];
    })
  | (FamilyHead & {
      readonly type: "histogram";
      readonly read: (sample: MetricsSample) => readonly SeriesHistogram[];
    });

/** A counter. */
export function counter(
  name: string,
  help: string,
  labels: readonly string[],
  read: (sample: MetricsSample) => readonly Series[],
): Family {
  return { type: "counter", name, help, labels, read };
}

/** A gauge. */
export function gauge(
  name: string,
  help: string,
  labels: readonly string[],
  read: (sample: MetricsSample) => readonly Series[],
): Family {
  return { type: "gauge", name, help, labels, read };
}

/** A histogram. */
export function histogram(
  name: string,
  help: string,
  labels: readonly string[],
  read: (sample: MetricsSample) => readonly SeriesHistogram[],
): Family {
  return { type: "histogram", name, help, labels, read };
}

/** The one series of a metric without labels. */
export function one(value: number): readonly Series[] {
  return [[[], value]];
}
