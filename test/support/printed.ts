import type { RunningCommand } from "../cli/run-command.ts";

/** How long a process may take to say what is waited for on a loaded machine, in ms. */
const PATIENCE = 15_000;

/** Waits until a command has written something to its standard output; rejects when it ends before. */
export async function printed(command: RunningCommand, text: string): Promise<void> {
  let over = false;
  void command.ended.then(() => (over = true));
  const end = performance.now() + PATIENCE;
  while (!command.stdout().includes(text)) {
    if (over || performance.now() > end) {
      throw new Error(`no ${JSON.stringify(text)} in: ${command.stdout()}${command.stderr()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
