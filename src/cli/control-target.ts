import type { Command } from "commander";

/** How a user says where the running server is. */
export interface TargetOptions {
  readonly socket?: string;
  readonly config?: string;
}

/** Where a running server can be asked, and where it leaves its history. */
export interface ControlTarget {
  /** Null when the configuration says that there is no control socket. */
  readonly socket: string | null;
  readonly historyFile: string | null;
}

/** Adds the options that say which running server is meant. */
export function addTargetOptions(command: Command): Command {
  return command
    .option("--socket <path>", "control socket of the server (else control.socket of the configuration)")
    .option(
      "--config <file>",
      "configuration that says where the socket is (found as `dotls serve` finds it)",
    );
}

/**
 * Finds the server that is meant. The configuration is only read when `--socket` does not say it already.
 * Throws ConfigError when the configuration cannot be used.
 */
export async function controlTarget(options: TargetOptions): Promise<ControlTarget> {
  const { socket, config: file } = options;
  if (socket !== undefined) return { socket, historyFile: null };
  const { loadConfig } = await import("../config/load.ts");
  const { config } = loadConfig({ flags: file === undefined ? {} : { config: file } });
  return { socket: config.control.socket, historyFile: config.history.file };
}
