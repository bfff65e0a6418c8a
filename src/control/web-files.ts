import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { packageFile } from "../version.ts";

/** A file of the dashboard, as it was built. */
export interface WebFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  readonly brotli: Uint8Array<ArrayBuffer>;
}

/** By the path of the page that asks for it: `index.html`, `assets/main-ABCD.js`. */
export type WebFiles = ReadonlyMap<string, WebFile>;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Reads the dashboard of this package, some 150 KB, to keep it in memory: what is read once cannot change under a page that
 * is being loaded. Rejects when the package was built without it.
 */
export async function readWebFiles(
  folder: string = join(dirname(packageFile), "dist/web"),
): Promise<WebFiles> {
  const files = new Map<string, WebFile>();
  for (const name of await readdir(folder, { recursive: true })) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const read = async (ending: string): Promise<Uint8Array<ArrayBuffer>> =>
      new Uint8Array(await readFile(join(folder, name + ending)));
    const [bytes, gzip, brotli] = await Promise.all(["", ".gz", ".br"].map(read));
    files.set(name.replaceAll("\\", "/"), { type, bytes: bytes!, gzip: gzip!, brotli: brotli! });
  }
  return files;
}
