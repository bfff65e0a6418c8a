import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** The text of a file of the repository. */
export function file(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
