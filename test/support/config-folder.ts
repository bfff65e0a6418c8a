import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { ConfigError, formatProblem } from "../../src/config/config-error.ts";
import { type LoadedConfig, loadConfig, type LoadOptions } from "../../src/config/load.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files in it, which is gone after the test. Gives its path. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "dotls-config-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** Loads a configuration that sees nothing of this machine: no variables, no system file. */
export function load(options: LoadOptions & { yaml?: string | Uint8Array } = {}): LoadedConfig {
  const { yaml, ...rest } = options;
  const cwd = rest.cwd ?? folderWith(yaml === undefined ? {} : { "dotls.yaml": yaml });
  return loadConfig({ env: {}, systemFile: join(cwd, "no-such-system-file.yaml"), ...rest, cwd });
}

/** The problems of a configuration, one a line as users see them; fails when there are none. */
export function problemsOf(options: LoadOptions & { yaml?: string | Uint8Array }): string[] {
  try {
    load(options);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
  throw new Error("the configuration was accepted");
}
