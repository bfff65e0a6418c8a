import { Command } from "commander";
import { packageVersion } from "../version.ts";
import { QUERY_HELP } from "./query/help.ts";

/** `dotls query`: asks a DNS server, over UDP, TCP or TLS, with dig's command line and layout. */
export function command(): Command {
  const query = new Command("query");
  // What can be asked is no list of options as commander has them.
  query.helpInformation = () => QUERY_HELP;
  return query
    .description("ask a DNS server, with dig's command line and layout, over TLS too (+tls)")
    .argument("[words...]")
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { runQuery } = await import("./query/query-command.ts");
      process.exitCode = await runQuery(words, packageVersion(), {
        out: (text) => process.stdout.write(text),
        error: (text) => process.stderr.write(text),
      });
    });
}
