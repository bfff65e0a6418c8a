/** One run of one row against one forwarder. */
export interface Measurement {
  /** CPU microseconds a query. */
  readonly cpu: number;
  readonly perSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Bytes. */
  readonly memory: number;
  readonly failed: number;
  readonly lost: number;
}

/** The middle value; of an even number of values the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A number as people read it: one digit behind the point where it is small. */
export function digits(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function ratio(
  key: "cpu" | "p50",
  ours: readonly Measurement[] | undefined,
  theirs: readonly Measurement[],
): string {
  if (ours === undefined || ours === theirs) return "";
  return median(ours.map((round, index) => round[key] / theirs[index]![key])).toFixed(2);
}

/** A Markdown table; columns but the first are numbers. */
export function markdown(
  title: string,
  head: readonly string[],
  lines: readonly (readonly string[])[],
): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = `|---|${"---:|".repeat(head.length - 1)}`;
  return [`### ${title}`, "", row(head), rule, ...lines.map(row), ""].join("\n");
}

/**
 * One row of the benchmark: medians over the rounds, failures of all rounds together, and the medians of the ratios of
 * `reference` to the others.
 */
export function table(
  title: string,
  reference: string,
  results: ReadonlyMap<string, readonly Measurement[]>,
): string {
  const ours = results.get(reference);
  const lines = [...results].map(([name, rounds]) => {
    const middle = (key: keyof Measurement): number => median(rounds.map((round) => round[key]));
    const sum = (key: "failed" | "lost"): number => rounds.reduce((total, round) => total + round[key], 0);
    return [
      name,
      digits(middle("cpu")),
      middle("perSecond").toFixed(0),
      middle("p50").toFixed(0),
      middle("p99").toFixed(0),
      middle("p999").toFixed(0),
      digits(middle("memory") / 2 ** 20),
      `${sum("failed")} / ${sum("lost")}`,
      ratio("cpu", ours, rounds),
      ratio("p50", ours, rounds),
    ];
  });
  const head = ["forwarder", "CPU µs a query", "queries a second", "p50 µs", "p99 µs", "p99.9 µs", "RSS MiB"];
  return markdown(
    title,
    [...head, "failed / lost", `${reference} CPU : its CPU`, `${reference} p50 : its p50`],
    lines,
  );
}
