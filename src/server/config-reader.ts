import { ConfigError } from "../config/config-error.ts";
import type { Flags } from "../config/flags.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";

/**
 * Reads the configuration as often as it is called, each time with these flags, and as it was at the first time: in the
 * folder and for the user of that moment, and from the same file. One that is gone must not make another one count, or the defaults.
 */
export function configReader(flags: Flags): () => LoadedConfig {
  const cwd = process.cwd();
  // Later it may be another one, with other folders.
  const uid = process.getuid?.() ?? 0;
  let file: string | null = null;
  return () => {
    const loaded = loadConfig({ flags, cwd, uid });
    if (file !== null && loaded.file !== file) {
      throw new ConfigError([{ where: file, key: "", message: "the file is gone", hint: "put it back" }]);
    }
    file = loaded.file;
    return loaded;
  };
}
