import { userInfo } from "node:os";
import { Command } from "commander";
import type { BypassStatus } from "../control/status.ts";
import { DotlsError } from "../errors.ts";
import type { TargetOptions } from "./control-target.ts";
import { addTargetOptions, controlTarget } from "./control-target.ts";

interface BypassCommandOptions extends TargetOptions {
  readonly json?: true;
}

/** `dotls bypass`: lets queries out unencrypted for a time, so that one can log in to a network. */
export function command(): Command {
  const bypass = new Command("bypass")
    .description(
      "send queries unencrypted to the network's own resolvers for a while, to log in to a network",
    )
    .argument("<what>", "for how long (10m), off, or status")
    .option("--json", "print JSON");
  return addTargetOptions(bypass).action(setBypass);
}

async function setBypass(what: string, options: BypassCommandOptions): Promise<void> {
  const { socket } = await controlTarget(options);
  if (socket === null) {
    throw new DotlsError(
      "ERR_DOTLS_NO_SERVER",
      "control.socket is none in the configuration: nobody can be asked",
    );
  }
  const [{ closeBypass, getStatus, openBypass }, { formatBypass }] = await Promise.all([
    import("../control/client.ts"),
    import("./bypass-text.ts"),
  ]);
  let status: BypassStatus;
  if (what === "status") status = (await getStatus(socket)).bypass ?? { enabled: false, open: null };
  else if (what === "off") status = await closeBypass(socket, whoAsks());
  else status = await openBypass(socket, what, whoAsks());
  process.stdout.write(
    options.json === true ? `${JSON.stringify(status, null, 2)}\n` : `${formatBypass(status, Date.now())}\n`,
  );
}

/** The user who typed the command, through sudo as well. */
function whoAsks(): string {
  const { SUDO_USER: before } = process.env;
  if (before !== undefined && before !== "" && process.getuid?.() === 0) return before;
  try {
    return userInfo().username;
  } catch {
    // In a container a user may have a number and no name.
    return `user id ${process.getuid?.()}`;
  }
}
