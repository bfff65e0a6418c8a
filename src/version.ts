import { readFileSync } from "node:fs";

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  const data: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  if (typeof data === "object" && data !== null && "version" in data) return String(data.version);
  throw new Error("package.json has no version");
}
