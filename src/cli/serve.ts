import { Command } from "commander";
import { addConfigOptions, readFlags } from "../config/flags.ts";

/** `dotls serve`: the daemon. */
export function command(): Command {
  const serve = new Command("serve").description("answer DNS queries, asking the upstreams over TLS");
  return addConfigOptions(serve).action(async () => {
    const { loadConfig } = await import("../config/load.ts");
    const { config, file, origins } = loadConfig({ flags: readFlags(serve) });
    const [{ createLog }, { guard }, { startServer }, { warningsOf }] = await Promise.all([
      import("../observe/log.ts"),
      import("../server/guard.ts"),
      import("../server.ts"),
      import("../config/warnings.ts"),
    ]);
    const log = await createLog({ level: config.log.level });
    guard(log);
    for (const warning of warningsOf(config)) log.warn(warning);
    const server = await startServer(config, {
      log,
      configFile: file,
      origins,
      controlOptional: origins.get("control.socket") === "default",
    });
    for (const url of server.urls) process.stdout.write(`listening on ${url}\n`);
    if (server.controlUrl !== null) process.stdout.write(`control at ${server.controlUrl}\n`);
    process.stdout.write("dotls ready\n");
    const stopped = new Promise<string>((resolve) => {
      process.once("SIGTERM", resolve);
      process.once("SIGINT", resolve);
    });
    log.info(`stopping on ${await stopped}`);
    await server.stop();
  });
}
