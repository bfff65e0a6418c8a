import { Command } from "commander";
import type { Conversion } from "./import/conversion.ts";

/** `dotls import`: a configuration for dotls out of that of another program. */
export function command(): Command {
  const parent = new Command("import").description(
    "print a dotls.yaml made from the configuration of another program, every option accounted for",
  );
  parent
    .command("stubby")
    .description("convert a stubby.yml")
    .argument("<file>", "most often /etc/stubby/stubby.yml")
    .action((file: string) =>
      run(file, async (conversion) => {
        const [{ convertStubby }, { readSource }] = await Promise.all([
          import("./import/stubby.ts"),
          import("./import/read-source.ts"),
        ]);
        convertStubby(readSource(file), conversion);
      }),
    );
  parent
    .command("unbound")
    .description("convert the forward and stub zones, listeners and access rules of an unbound.conf")
    .argument("<file>", "most often /etc/unbound/unbound.conf")
    .action((file: string) =>
      run(file, async (conversion) => {
        const { convertUnbound } = await import("./import/unbound.ts");
        convertUnbound(file, conversion);
      }),
    );
  return parent;
}

/**
 * Converts, and prints what came out of it. Exit code 1 when the source cannot be read, or nothing in it says whom to ask.
 */
async function run(from: string, convert: (conversion: Conversion) => Promise<void>): Promise<void> {
  const [{ Conversion }, { ConfigError, formatProblem }] = await Promise.all([
    import("./import/conversion.ts"),
    import("../config/config-error.ts"),
  ]);
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const conversion = new Conversion();
  try {
    await convert(conversion);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) tell(formatProblem(problem));
    process.exitCode = 1;
    return;
  }
  for (const { where, option, text } of conversion.remarks) tell(`${where}: ${option}: ${text}`);
  if (!conversion.has("upstreams") && !conversion.has("routes")) {
    tell(`${from}: nothing to convert: no server is left that could be asked`);
    process.exitCode = 1;
    return;
  }
  process.stdout.write(conversion.toYaml(`Made by dotls import from ${from}.`));
}
