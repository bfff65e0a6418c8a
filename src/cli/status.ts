import { Command } from "commander";
import type { Status } from "../control/status.ts";
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
  return addTargetOptions(status).action(async (options: StatusOptions) => {
    try {
      const { socket } = await controlTarget(options);
      if (socket === null) {
        throw new DotlsError(
          "ERR_DOTLS_NO_SERVER",
          "control.socket is none in the configuration: nobody can be asked",
        );
      }
      const { getStatus } = await import("../control/client.ts");
      const found = await getStatus(socket);
      const { textOutput } = await import("./text-output.ts");
      const text = options.json === true ? `${JSON.stringify(found, null, 2)}\n` : await forPeople(found);
      await textOutput(process.stdout).write(text);
    } catch (error) {
      if (!(error instanceof DotlsError)) throw error;
      process.stderr.write(`dotls: ${error.message}\n`);
      process.exitCode = 1;
    }
  });
}

async function forPeople(status: Status): Promise<string> {
  const { formatStatus } = await import("./status-text.ts");
  return formatStatus(status, Date.now());
}
