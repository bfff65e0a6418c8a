import { Command } from "commander";
import { addConfigOptions, readFlags } from "../config/flags.ts";

/** `dotls check`: says whether the configuration can be used, and what it amounts to. */
export function command(): Command {
  const check = new Command("check")
    .description("check the configuration: print what it amounts to, or every problem with its place")
    .option(
      "--json",
      "print JSON: the configuration with durations in ms and sizes in bytes, and where each value is from",
    );
  return addConfigOptions(check).action(async () => {
    const { json } = check.opts<{ json?: true }>();
    const [{ loadConfig }, { ConfigError, formatProblem }, { warningsOf }] = await Promise.all([
      import("../config/load.ts"),
      import("../config/config-error.ts"),
      import("../config/warnings.ts"),
    ]);
    try {
      const loaded = loadConfig({ flags: readFlags(check) });
      const warnings = warningsOf(loaded.config);
      if (json) {
        const { config, file, origins } = loaded;
        process.stdout.write(
          `${JSON.stringify({ file, config, origins: Object.fromEntries(origins), warnings }, null, 2)}\n`,
        );
        return;
      }
      const { formatConfig } = await import("../config/print.ts");
      // The configuration goes to standard output, from where it may go on into a file.
      process.stderr.write(warnings.map((warning) => `warning: ${warning}\n`).join(""));
      process.stdout.write(formatConfig(loaded));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      process.exitCode = 1;
      if (json) process.stdout.write(`${JSON.stringify({ problems: error.problems }, null, 2)}\n`);
      else process.stderr.write(error.problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
    }
  });
}
