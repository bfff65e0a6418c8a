import { extname } from "node:path";
import { readWebFolder } from "./web-folder.ts";

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
 * Reads the dashboard of this package, some 200 KB, to keep it in memory: what is read once cannot change under a page that
 * is being loaded. Rejects when the package was built without it.
 */
export async function readWebFiles(read: typeof readWebFolder = readWebFolder): Promise<WebFiles> {
  const built = await read();
  const files = new Map<string, WebFile>();
  for (const [name, bytes] of built) {
    const type = types[extname(name)];
    const gzip = built.get(`${name}.gz`);
    const brotli = built.get(`${name}.br`);
    if (type === undefined || gzip === undefined || brotli === undefined) continue;
    files.set(name, { type, bytes, gzip, brotli });
  }
  return files;
}
