import { parse, stringify } from "yaml";
import { OPTIONS } from "../../../src/config/options.ts";

/** Options that the manifests set and that not every version has: `SECTION.KEY` or `KEY`. */
const AWAITED = ["control.http", "control.token", "lameduck", "watch"];

/** Those that this version does not have. */
const missing: readonly string[] = AWAITED.filter((key) => !OPTIONS.has(key));

/** A configuration without what this version does not have. */
export function known(yaml: string): string {
  const config: Record<string, unknown> = parse(yaml);
  for (const key of missing) {
    const [first = "", second] = key.split(".");
    if (second === undefined) delete config[first];
    else delete (config[first] as Record<string, unknown> | undefined)?.[second];
  }
  return stringify(config);
}

/** Variables without those of options that this version does not have. */
export function knownVariables(env: Readonly<Record<string, string>>): Record<string, string> {
  const variables = new Set(missing.map((key) => `DOTLS_${key.toUpperCase().replaceAll(".", "_")}`));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !variables.has(name)));
}
