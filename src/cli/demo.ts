import { Command, InvalidArgumentError } from "commander";
import type { TextOutput } from "./text-output.ts";

/** `dotls demo`: the whole trip of a query on loopback, with a certificate authority and a DoT server of its own. */
export function command(): Command {
  return new Command("demo")
    .description("show the trip of a query over TLS, all of it on this machine")
    .option("--once", "end after the first query")
    .option("--port <port>", "where dotls listens; default: a free one", toPort, 0)
    .action(async ({ once = false, port }: { once?: boolean; port: number }) => {
      // From here on, so that a Ctrl-C while things start cleans up as well.
      const interrupted = interruption();
      const [{ startSite }, { textOutput }] = await Promise.all([
        import("./demo/site.ts"),
        import("./text-output.ts"),
      ]);
      const out = textOutput(process.stdout);
      const site = await startSite(port);
      try {
        const { closingText, commandsText, openingText, tripText } = await import("./demo/story.ts");
        await out.write(openingText(site));
        process.exitCode = await ask(site.port, out);
        await out.write(tripText(site));
        if (once) return;
        await out.write(`\n${commandsText(site)}`);
        await Promise.race([interrupted, aborted(out.gone)]);
        await out.write(closingText(site));
      } finally {
        await site.stop();
      }
    });
}

/** Asks dotls as `dotls query` does; gives its exit code. */
async function ask(port: number, out: TextOutput): Promise<number> {
  const [{ runQuery }, { packageVersion }, { EXAMPLE_NAME }] = await Promise.all([
    import("./query/query-command.ts"),
    import("../version.ts"),
    import("./demo/zone.ts"),
  ]);
  const parts: string[] = [];
  const keep = (text: string): void => void parts.push(text);
  const words = ["@127.0.0.1", "-p", String(port), EXAMPLE_NAME, "A"];
  const code = await runQuery(words, packageVersion(), { out: keep, error: keep });
  await out.write(parts.join(""));
  return code;
}

function interruption(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function toPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}
