import { readdir, readFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { packageFile } from "../version.ts";

/**
 * Reads what was built of web/, by the paths in its folder. An executable, which has no folders, has another one of this
 * (scripts/executable.mjs). Rejects when the package was built without a dashboard.
 */
export async function readWebFolder(
  folder: string = join(dirname(packageFile), "dist", "web"),
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1).replaceAll(sep, "/");
    files.set(name, new Uint8Array(await readFile(path)));
  }
  return files;
}
