import { Command } from "commander";
import { addConfigOptions, readFlags } from "../config/flags.ts";

/** `dotls serve`: the daemon. */
export function command(): Command {
  const serve = new Command("serve").description("answer DNS queries, asking the upstreams over TLS");
  return addConfigOptions(serve).action(async () => {
    const { loadConfig } = await import("../config/load.ts");
    const { config, file, origins } = loadConfig({ flags: readFlags(serve) });
    const [{ createLog }, { startServer }, { warningsOf }] = await Promise.all([
      import("../observe/log.ts"),
      import("../server.ts"),
      import("../config/warnings.ts"),
    ]);
    const log = await createLog({ level: config.log.level });
    guard(log);
    for (const warning of warningsOf(config)) log.warn(warning);
    const server = await startServer(config, {
      log,
      configFile: file,
      controlOptional: origins.get("control.socket") === "default",
    });
    for (const url of server.urls) process.stdout.write(`listening on ${url}\n`);
    process.stdout.write("dotls ready\n");
    const stopped = new Promise<string>((resolve) => {
      process.once("SIGTERM", resolve);
      process.once("SIGINT", resolve);
    });
    log.info(`stopping on ${await stopped}`);
    await server.stop();
  });
}

/**
 * The last line of defence: a fault in the handling of one packet must not take down the resolver of a machine. It is
 * logged with its stack, as it is a fault of ours.
 */
function guard(log: { error(message: string, fields?: Record<string, unknown>): void }): void {
  process.on("uncaughtException", (error: Error) => {
    log.error(`fault in dotls, please report it: ${error.message}`, { stack: error.stack ?? "" });
  });
  process.on("unhandledRejection", (reason) => {
    const stack = reason instanceof Error ? (reason.stack ?? "") : String(reason);
    log.error("fault in dotls, please report it: unhandled rejection", { stack });
  });
}
