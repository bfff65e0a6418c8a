import { Command } from "commander";
import { addConfigOptions, readFlags } from "../config/flags.ts";

/** `dotls serve`: the daemon. */
export function command(): Command {
  const serve = new Command("serve").description("answer DNS queries, asking the upstreams over TLS");
  return addConfigOptions(serve).action(async () => {
    const [{ configReader }, { runService }] = await Promise.all([
      import("../server/config-reader.ts"),
      import("../server/service.ts"),
    ]);
    await runService(configReader(readFlags(serve)));
  });
}
