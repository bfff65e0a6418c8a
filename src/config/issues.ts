import type { z } from "zod";

/** Why one part of a layer was refused. */
export interface LayerIssue {
  /** The way to the part, from the root of what the source says. */
  readonly path: readonly (string | number)[];
  /** For a key that does not belong at `path`: that key. */
  readonly unknownKey: string | null;
  readonly message: string;
  readonly hint: string | null;
}

/** Takes an issue of zod apart, down to the parts of the configuration that people wrote. */
export function issuesOf(issue: z.core.$ZodIssue, above: readonly (string | number)[] = []): LayerIssue[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path, unknownKey: key, message: "unknown key", hint: null }));
  }
  if (issue.code === "invalid_union") {
    // Of the alternatives, the one that has the right type of value is the one that was meant.
    const meant = issue.errors.find((errors) => !errors.some(isTypeIssue));
    if (meant !== undefined) return meant.flatMap((inner) => issuesOf(inner, path));
  }
  const hint: unknown = issue.code === "custom" ? issue.params?.["hint"] : null;
  const message = issue.code === "invalid_type" ? typeMessage(issue) : issue.message;
  return [{ path, unknownKey: null, message, hint: typeof hint === "string" ? hint : null }];
}

function isTypeIssue(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_type" && issue.path.length === 0;
}

function typeMessage(issue: z.core.$ZodIssueInvalidType): string {
  return issue.expected === "object" ? "wants a section, with keys of its own" : issue.message;
}
