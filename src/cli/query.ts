import { Command } from "commander";
import { packageVersion } from "../version.ts";

/** `dotls query`: asks a DNS server, over UDP, TCP or TLS, with dig's command line and layout. */
export function command(): Command {
  return new Command("query")
    .description("ask a DNS server, with dig's command line and layout, over TLS too (+tls)")
    .usage("[@SERVER[:PORT]] NAME [TYPE] [CLASS] [-x ADDRESS] [+short] [+json] [+tcp] [+tls] ...")
    .argument("[words...]", "see dotls query -h")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { runQuery } = await import("./query/query-command.ts");
      process.exitCode = await runQuery(words, packageVersion(), {
        out: (text) => process.stdout.write(text),
        error: (text) => process.stderr.write(text),
      });
    });
}
