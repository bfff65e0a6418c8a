import { z } from "zod";
import type { Policy, RouteMatch } from "./config.ts";
import { list, parsed, text } from "./fields.ts";
import { parseMatch } from "./route-match.ts";
import type { UpstreamDraft } from "./upstream-draft.ts";
import { upstreamField } from "./upstream-schema.ts";

/** How one of several upstreams is chosen. */
export const policyField: z.ZodType<Policy> = z.literal(
  ["failover", "round-robin", "fastest", "race", "hash"],
  {
    error: () => "wants failover, round-robin, fastest, race or hash",
  },
);

/** A route as it is written. */
export interface RouteDraft {
  readonly match: readonly RouteMatch[];
  readonly upstreams: readonly UpstreamDraft[];
  /** Left away for the general one. */
  readonly policy?: Policy | undefined;
}

const route = z.strictObject({
  match: z
    .preprocess(
      (value) => (typeof value === "string" ? [value] : value),
      list(text("a name or a prefix").transform(parsed(parseMatch)), "names"),
    )
    .transform((several) => several.flat()),
  upstreams: list(upstreamField, "upstreams"),
  policy: policyField.optional(),
});

export const routeField: z.ZodType<RouteDraft> = route;

/** The keys that a route takes. */
export function routeKeys(): string[] {
  return Object.keys(route.shape);
}
