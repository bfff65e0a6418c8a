import { Command } from "commander";
import { DotlsError } from "../errors.ts";
import type { TargetOptions } from "./control-target.ts";
import { addTargetOptions, controlTarget } from "./control-target.ts";

interface StatusOptions extends TargetOptions {
  readonly json?: true;
}

/** `dotls status`: how the running server and its upstreams are. */
export function command(): Command {
  const status = new Command("status")
    .description("show how the running server and its upstreams are")
    .option("--json", "print JSON");
  return addTargetOptions(status).action(showStatus);
}

async function showStatus(options: StatusOptions): Promise<void> {
  const { socket } = await controlTarget(options);
  if (socket === null) {
    throw new DotlsError(
      "ERR_DOTLS_NO_SERVER",
      "control.socket is none in the configuration: nobody can be asked",
    );
  }
  const [{ getStatus }, { formatStatus }] = await Promise.all([
    import("../control/client.ts"),
    import("./status-text.ts"),
  ]);
  const status = await getStatus(socket);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status, Date.now()),
  );
}
