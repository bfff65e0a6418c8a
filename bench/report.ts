/** One run of one row against one forwarder. */
export interface Measurement {
  /** CPU microseconds a query. */
  readonly cpu: number;
  readonly perSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Bytes. */
  readonly memory: number;
  readonly failed: number;
  readonly lost: number;
}

/** The middle value; of an even number of values the upper of the two in the middle. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function digits(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function ratio(ours: readonly Measurement[] | undefined, theirs: readonly Measurement[]): string {
  if (ours === undefined || ours === theirs) return "";
  return median(ours.map(({ cpu }, round) => cpu / theirs[round]!.cpu)).toFixed(2);
}

/** One row of the benchmark as a Markdown table: medians over the rounds, failures of all rounds together. */
export function table(title: string, results: ReadonlyMap<string, readonly Measurement[]>): string {
  const ours = results.get("dotls");
  const lines = [...results].map(([name, rounds]) => {
    const middle = (key: keyof Measurement): number => median(rounds.map((round) => round[key]));
    const sum = (key: "failed" | "lost"): number => rounds.reduce((total, round) => total + round[key], 0);
    const cells = [
      name,
      digits(middle("cpu")),
      middle("perSecond").toFixed(0),
      middle("p50").toFixed(0),
      middle("p99").toFixed(0),
      digits(middle("memory") / 2 ** 20),
      `${sum("failed")} / ${sum("lost")}`,
      ratio(ours, rounds),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return `### ${title}

| forwarder | CPU µs a query | queries a second | p50 µs | p99 µs | RSS MiB | failed / lost | dotls CPU : its CPU |
|---|---:|---:|---:|---:|---:|---:|---:|
${lines.join("\n")}
`;
}
