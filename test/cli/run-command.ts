import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A command in a process of its own. */
export interface RunningCommand {
  readonly process: ChildProcessWithoutNullStreams;
  /** What it wrote so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its exit code, or the signal that ended it, once all output was read. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/**
 * Starts the built command line with nothing of this process's configuration around it: `cwd` is where it
 * looks for dotls.yaml, `env` all that it has besides PATH and HOME.
 */
export function startCommand(
  name: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): RunningCommand {
  const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const child = spawn(process.execPath, [main, name, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: options.cwd, TZ: "UTC", ...options.env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs a command to its end. */
export async function runCommand(
  name: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<{ code: number | NodeJS.Signals | null; stdout: string; stderr: string }> {
  const command = startCommand(name, args, options);
  const code = await command.ended;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}
