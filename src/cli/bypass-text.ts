import type { BypassStatus } from "../control/status.ts";
import { printable } from "../observe/printable.ts";
import { age } from "./age.ts";

/** How the bypass is, in one line for people. `now` is the wall clock in milliseconds. */
export function formatBypass({ enabled, open }: BypassStatus, now: number): string {
  if (open === null) return enabled ? "bypass closed" : "bypass closed, and not allowed by bypass.enabled";
  const left = Math.max(0, (Date.parse(open.until) - now) / 1000);
  const through = open.resolvers.map(printable).join(" ");
  return `bypass OPEN for another ${age(left)}, by ${printable(open.by)}: queries go unencrypted to ${through}`;
}
