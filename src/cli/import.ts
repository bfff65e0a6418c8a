import { Command } from "commander";
import { DotlsError } from "../errors.ts";
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
    .action((file: string) => run(file, (conversion) => importStubby(file, conversion)));
  parent
    .command("unbound")
    .description("convert the forward and stub zones, listeners and access rules of an unbound.conf")
    .argument("<file>", "most often /etc/unbound/unbound.conf")
    .action((file: string) => run(file, (conversion) => importUnbound(file, conversion)));
  parent
    .command("cloudflared")
    .description(
      "convert what cloudflared proxy-dns was told, in its file, its variables (TUNNEL_DNS_*) or its flags",
    )
    .usage("[file] [-- flags...]")
    .argument("[words...]", "a config.yml or the file of its service; behind --, the flags of proxy-dns")
    .action((words: string[]) => {
      const file = fileAmong(words);
      const flags = file === null ? words : words.slice(1);
      if (flags.length > 0 && !flags.some((word) => word.startsWith("-") || word === "proxy-dns")) {
        throw new DotlsError("ERR_DOTLS_USAGE", "one file is converted, and flags stand behind --");
      }
      return run(file ?? "cloudflared proxy-dns", (conversion) => importCloudflared(file, flags, conversion));
    });
  return parent;
}

/**
 * The file that the first word names; null: it belongs to a command line of cloudflared. Its program has the same name as the
 * file that services keep its options in (/etc/default/cloudflared), but a command behind it.
 */
function fileAmong([first, second = ""]: readonly string[]): string | null {
  const isCommand = (word: string): boolean => /^(?:tunnel|proxy-dns)$/.test(word);
  if (first === undefined || first.startsWith("-") || isCommand(first)) return null;
  return /(?:^|\/)cloudflared$/.test(first) && isCommand(second) ? null : first;
}

async function importStubby(file: string, conversion: Conversion): Promise<void> {
  const [{ convertStubby }, { readSource }] = await Promise.all([
    import("./import/stubby.ts"),
    import("./import/read-source.ts"),
  ]);
  convertStubby(readSource(file), conversion);
}

async function importUnbound(file: string, conversion: Conversion): Promise<void> {
  const { convertUnbound } = await import("./import/unbound.ts");
  convertUnbound(file, conversion);
}

/** Flags go over variables and variables over the file, as cloudflared has it. */
async function importCloudflared(
  file: string | null,
  flags: readonly string[],
  conversion: Conversion,
): Promise<void> {
  const [{ convertCloudflared }, settings, { readSource }] = await Promise.all([
    import("./import/cloudflared.ts"),
    import("./import/cloudflared-settings.ts"),
    import("./import/read-source.ts"),
  ]);
  const { over, settingsOfEnvironment, settingsOfFile, settingsOfWords } = settings;
  const ofFile: ReturnType<typeof settingsOfFile> =
    file === null ? new Map() : settingsOfFile(readSource(file), conversion);
  const ofFlags = settingsOfWords(flags, "command line", conversion);
  convertCloudflared(over(over(ofFile, settingsOfEnvironment(process.env)), ofFlags), conversion);
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
