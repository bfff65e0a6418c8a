import type { CountersSnapshot } from "../../src/observe/counters.ts";

/** How queries are answered, with a color of the style for each. */
export const SOURCES = [
  { key: "upstream", label: "upstream", color: "blue", always: true },
  { key: "cache", label: "cache", color: "accent", always: true },
  { key: "stale", label: "cache, over its time", color: "amber", always: false },
  { key: "local", label: "dotls itself", color: "slate", always: false },
  { key: "failed", label: "failed", color: "red", always: false },
] as const;

/** The counts since the start of those that occurred. */
export function sourceCounts({
  durations,
}: CountersSnapshot): { readonly label: string; readonly value: number; readonly color: string }[] {
  return SOURCES.map(({ key, label, color }) => ({
    label,
    color,
    value: durations[key].reduce((a, b) => a + b, 0),
  })).filter(({ value }) => value > 0);
}
