/** The pages, in the order of the navigation. */
export const PAGES = ["overview", "upstreams", "queries", "insights", "config"] as const;

export type PageName = (typeof PAGES)[number];

/** Where in the dashboard somebody is. */
export interface Route {
  readonly page: PageName;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads what stands behind the `#`: `#/queries?rcode=SERVFAIL`. What is no page is the first one. */
export function routeOf(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const page = PAGES.find((name) => name === path) ?? PAGES[0];
  return { page, parameters: Object.fromEntries(new URLSearchParams(search)) };
}

/** The way back: a link to a page; parameters that are empty are left out. */
export function linkTo(page: PageName, parameters: Readonly<Record<string, string>> = {}): string {
  const set = Object.entries(parameters).filter(([, value]) => value !== "");
  const search = new URLSearchParams(set).toString();
  return `#/${page}${search === "" ? "" : `?${search}`}`;
}
