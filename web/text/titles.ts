import type { PageName } from "../route.ts";

/** What the pages are called. */
export const TITLES: Readonly<Record<PageName, string>> = {
  overview: "Overview",
  upstreams: "Upstreams",
  queries: "Queries",
  insights: "Insights",
  config: "Config",
};
