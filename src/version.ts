import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The package.json of this package: it was written when the package was installed. */
export const packageFile: string = fileURLToPath(new URL("../package.json", import.meta.url));

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  const data: unknown = JSON.parse(readFileSync(packageFile, "utf8"));
  if (typeof data === "object" && data !== null && "version" in data) return String(data.version);
  throw new Error("package.json has no version");
}
