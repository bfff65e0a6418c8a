import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { loadCore } from "./place.ts";

/** Round-trip times in microseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface LoadResult extends Quantiles {
  /** Queries that got an answer of any kind. */
  readonly answered: number;
  /** Answers that were not NOERROR. */
  readonly failed: number;
  readonly lost: number;
  readonly perSecond: number;
}

/** Runs dnsperf against a port of 127.0.0.1; gives the lines that it wrote, which also stand in the file `output`. */
async function run(port: number, names: string, options: readonly string[], output: string): Promise<string> {
  const descriptor = openSync(output, "w");
  const where = ["-c", String(loadCore), "dnsperf", "-s", "127.0.0.1", "-p", String(port), "-d", names];
  const child = spawn("taskset", [...where, "-t", "2", ...options], {
    stdio: ["ignore", descriptor, descriptor],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  closeSync(descriptor);
  const text = readFileSync(output, "latin1");
  if (code !== 0) throw new Error(`dnsperf failed:\n${text.slice(-2000)}`);
  return text;
}

/**
 * Asks a port of 127.0.0.1 the questions of a file for some seconds, from the start again when all were asked. What -v
 * says of each answer goes to a file and is read after the run: this costs dnsperf 0.4 µs a query on its own core, and the
 * forwarder nothing.
 */
export async function dnsperf(
  port: number,
  names: string,
  options: readonly string[],
  seconds: number,
): Promise<LoadResult> {
  return summary(await run(port, names, ["-l", String(seconds), "-v", ...options], `${names}.out`));
}

/** Asks each question of a file once, 100 at a time. Throws when more than one in a hundred had no good answer. */
export async function askAll(port: number, names: string, options: readonly string[] = []): Promise<void> {
  const text = await run(port, names, ["-n", "1", "-q", "100", ...options], `${names}.once`);
  const sent = Number(/Queries sent:\s+(\d+)/.exec(text)?.[1]);
  const good = Number(/Response codes:.*?NOERROR (\d+)/.exec(text)?.[1] ?? 0);
  if (!(good >= sent * 0.99))
    throw new Error(`only ${good} good answers to ${sent} queries:\n${text.slice(-1000)}`);
}

function summary(text: string): LoadResult {
  const figure = (pattern: RegExp): number => Number(pattern.exec(tail)?.[1] ?? Number.NaN);
  const tail = text.slice(text.lastIndexOf("\nStatistics:"));
  const answered = figure(/Queries completed:\s+(\d+)/);
  const good = Number(/Response codes:.*?NOERROR (\d+)/.exec(tail)?.[1] ?? 0);
  const latencies = new Float64Array(answered);
  let count = 0;
  for (let at = text.indexOf("\n> "); at !== -1; at = text.indexOf("\n> ", at + 1)) {
    const end = text.indexOf("\n", at + 1);
    const line = text.slice(at + 3, end);
    const latency = Number(line.slice(line.lastIndexOf(" ") + 1));
    // A lost query has its line too, "> T name type", without a number.
    if (Number.isFinite(latency) && count < answered) latencies[count++] = latency * 1e6;
  }
  return {
    answered,
    failed: answered - good,
    lost: figure(/Queries lost:\s+(\d+)/),
    perSecond: figure(/Queries per second:\s+([\d.]+)/),
    ...quantiles(latencies.subarray(0, count)),
  };
}

/** The median and what one in a hundred and one in a thousand exceed. */
export function quantiles(latencies: Float64Array): Quantiles {
  const sorted = latencies.toSorted();
  const quantile = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) };
}
