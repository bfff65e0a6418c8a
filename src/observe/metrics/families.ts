import { dnsFamilies } from "./dns-families.ts";
import type { Family } from "./family.ts";
import { processFamilies } from "./process-families.ts";
import { serverFamilies } from "./server-families.ts";
import { upstreamFamilies } from "./upstream-families.ts";

/** Every metric there is, in the order in which they are shown. Names and labels are a contract (docs/metrics.md). */
export const METRICS: readonly Family[] = [
  ...dnsFamilies,
  ...upstreamFamilies,
  ...serverFamilies,
  ...processFamilies,
];
