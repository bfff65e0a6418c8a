import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * What a file looks like from outside: another text whenever it is written to, replaced, or a link on its path is turned
 * elsewhere. Throws what the file system throws.
 */
export function lookOfFile(file: string): string {
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
  return [dev, ino, size, mtimeMs, ctimeMs].join(":");
}

/** The same for a folder and the files directly in it. */
export function lookOfFolder(folder: string): string {
  const names = readdirSync(folder).sort();
  const looks = names.map((name) => {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    return stat?.isFile() === true ? `${name} ${lookOfFile(join(folder, name))}` : name;
  });
  return [lookOfFile(folder), ...looks].join("\n");
}
