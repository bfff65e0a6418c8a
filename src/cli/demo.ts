import { Command, InvalidArgumentError, Option } from "commander";

/** `dotls demo`: the whole trip of a query on loopback, with a certificate authority and a DoT server of its own. */
export function command(): Command {
  return new Command("demo")
    .description("show the trip of a query over TLS, all of it on this machine")
    .option("--once", "end after the first query")
    .addOption(new Option("--port <port>", "where dotls listens").argParser(toPort).default(0, "a free one"))
    .action(async ({ once = false, port }: { once?: boolean; port: number }) => {
      // From here on, so that a Ctrl-C while things start cleans up as well.
      const interrupted = interruption();
      const [{ startSite }, { closingText, commandsText, openingText, tripText }] = await Promise.all([
        import("./demo/site.ts"),
        import("./demo/story.ts"),
      ]);
      const site = await startSite(port);
      try {
        process.stdout.write(openingText(site));
        process.exitCode = await ask(site.port);
        process.stdout.write(tripText(site));
        if (once) return;
        process.stdout.write(`\n${commandsText(site)}`);
        await interrupted;
        process.stdout.write(closingText(site));
      } finally {
        await site.stop();
      }
    });
}

/** Asks dotls as `dotls query` does; gives its exit code. */
async function ask(port: number): Promise<number> {
  const [{ runQuery }, { packageVersion }, { EXAMPLE_NAME }] = await Promise.all([
    import("./query/query-command.ts"),
    import("../version.ts"),
    import("./demo/zone.ts"),
  ]);
  const write = (text: string): void => void process.stdout.write(text);
  const words = ["@127.0.0.1", "-p", String(port), EXAMPLE_NAME, "A"];
  return runQuery(words, packageVersion(), { out: write, error: write });
}

function interruption(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

function toPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}
