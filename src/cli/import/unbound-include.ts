import { readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { ConfigError } from "../../config/config-error.ts";
import { readSource, textOf } from "./read-source.ts";
import type { IncludeReader } from "./unbound-text.ts";

/**
 * Reads what an unbound.conf includes. `*` and `?` in the last part of a path stand for the files of that
 * folder, in the order of their names; a pattern that fits none is no error. Relative paths start from the working
 * directory, as unbound does before it has read `directory:`, and where nothing is there, from the file's own folder.
 */
export function includeReader(file: string): IncludeReader {
  return (pattern, where) => {
    const own = dirname(resolve(file));
    const found = [process.cwd(), own].map((base) => resolve(base, pattern)).flatMap(expand);
    const paths = [...new Set(found)];
    if (paths.length === 0 && !isPattern(pattern)) {
      throw new ConfigError([
        { where, key: "include", message: `${pattern}: there is no such file`, hint: null },
      ]);
    }
    return paths.map((path) => {
      const shown = pattern.startsWith("/") ? path : relative(process.cwd(), path);
      return { shown, text: textOf(readSource(shown)) };
    });
  };
}

function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

function expand(path: string): string[] {
  const folder = dirname(path);
  let files: string[];
  try {
    files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [] : [entry.name],
    );
  } catch {
    return [];
  }
  const wanted = basename(path);
  const fits = isPattern(wanted) ? shellPattern(wanted) : null;
  return files
    .filter((name) => (fits === null ? name === wanted : fits.test(name) && !name.startsWith(".")))
    .sort()
    .map((name) => join(folder, name));
}

/** A pattern of the shell, of which `*` and `?` are known. */
function shellPattern(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
