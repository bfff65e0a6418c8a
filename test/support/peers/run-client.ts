import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { programPath } from "./process.ts";

const run = promisify(execFile);

/** Runs a client to its end and gives what it printed; a client that fails rejects with what it said. */
export async function runClient(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args, {
    env: { ...process.env, PATH: programPath, LC_ALL: "C" },
    maxBuffer: 64 << 20,
    timeout: 60_000,
  });
  return stdout;
}
