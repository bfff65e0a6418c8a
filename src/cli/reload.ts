import { Command } from "commander";
import { DotlsError } from "../errors.ts";
import type { TargetOptions } from "./control-target.ts";
import { addTargetOptions, controlTarget } from "./control-target.ts";

interface ReloadOptions extends TargetOptions {
  readonly json?: true;
}

/** `dotls reload`: makes the running server read its configuration again. */
export function command(): Command {
  const reload = new Command("reload")
    .description("make the running server read its configuration again; with a bad one it goes on as before")
    .option("--json", "print JSON");
  return addTargetOptions(reload).action(readAgain);
}

async function readAgain(options: ReloadOptions): Promise<void> {
  const { socket } = await controlTarget(options);
  if (socket === null) {
    throw new DotlsError(
      "ERR_DOTLS_NO_SERVER",
      "control.socket is none in the configuration: nobody can be asked",
    );
  }
  const { reloadServer } = await import("../control/client.ts");
  const report = await reloadServer(socket);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  for (const url of report.listeners) process.stdout.write(`listening on ${url}\n`);
  process.stdout.write("the new configuration is in force\n");
  if (report.needsRestart.length > 0) {
    process.stdout.write(`needs a restart to change: ${report.needsRestart.join(", ")}\n`);
  }
}
