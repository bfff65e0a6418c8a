import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { loadCore } from "./place.ts";
import { zone } from "./upstream.ts";

export interface LoadResult {
  /** Queries that got an answer of any kind. */
  readonly answered: number;
  /** Answers that were not NOERROR. */
  readonly failed: number;
  readonly lost: number;
  readonly perSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Writes the questions for dnsperf, each name once. */
export function writeNames(folder: string, count: number): string {
  const file = join(folder, "names");
  const lines = Array.from({ length: count }, (_, index) => `n${index}.${zone} A\n`);
  writeFileSync(file, lines.join(""));
  return file;
}

/**
 * Runs dnsperf against a UDP port of 127.0.0.1. Its -v line for each answer goes to a file and is read after the run:
 * this costs dnsperf 0.4 µs a query on its own core, and the forwarder nothing.
 */
export async function dnsperf(
  port: number,
  names: string,
  options: readonly string[],
  seconds: number,
): Promise<LoadResult> {
  const output = `${names}.out`;
  const descriptor = openSync(output, "w");
  const server = ["-s", "127.0.0.1", "-p", String(port), "-c", "1", "-t", "2"];
  const args = [
    "-c",
    String(loadCore),
    "dnsperf",
    ...server,
    "-d",
    names,
    "-l",
    String(seconds),
    "-v",
    ...options,
  ];
  const child = spawn("taskset", args, { stdio: ["ignore", descriptor, descriptor] });
  const [code] = (await once(child, "exit")) as [number | null];
  closeSync(descriptor);
  const text = readFileSync(output, "latin1");
  if (code !== 0) throw new Error(`dnsperf failed:\n${text.slice(-2000)}`);
  return summary(text);
}

function summary(text: string): LoadResult {
  const figure = (pattern: RegExp): number => Number(pattern.exec(tail)?.[1] ?? Number.NaN);
  const tail = text.slice(text.lastIndexOf("Statistics:"));
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

/** The median and the 99th percentile. */
export function quantiles(latencies: Float64Array): { p50: number; p99: number } {
  const sorted = latencies.toSorted();
  const quantile = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
