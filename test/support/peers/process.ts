import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program that runs in the foreground as our child. */
export interface Running {
  readonly pid: number;
  /** What it wrote to standard output and standard error so far. */
  log(): string;
  /** Rejects as soon as the program ends without having been asked to; never resolves. */
  readonly died: Promise<never>;
  /** Ends the program, by its process id; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Debian keeps daemons in the sbin folders, which are not on everybody's PATH. */
export const programPath: string = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts a program in the foreground; `cwd` is its working folder, `env` what it has besides our own environment. */
export function launch(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PATH: programPath, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  const chunks: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
  const log = (): string => chunks.join("");

  let stopping = false;
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      chunks.push(String(error));
      resolve();
    });
    child.once("exit", () => resolve());
  });
  const died = gone.then((): Promise<never> => {
    children.delete(child);
    if (stopping) return new Promise<never>(() => {});
    throw new Error(`${command} ended by itself:\n${log()}`);
  });
  // Whoever waits for the start listens to it; a death after that shows in the test that asks the program.
  died.catch(() => {});

  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill("SIGTERM");
    // A program that is paused takes the other signal only when it goes on.
    child.kill("SIGCONT");
    const last = setTimeout(() => child.kill("SIGKILL"), 3000);
    await gone;
    clearTimeout(last);
  };
  return { pid: child.pid ?? -1, log, died, stop };
}

/** A new folder of our own under the system's temporary folder, readable for all, and the way to remove it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "dotls-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Starts something that needs free ports, anew when it ended by itself: another process may have taken a port between
 * its choice and its use.
 */
export async function restarted<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let left = 3; left > 0; left--) {
    try {
      return await start();
    } catch (error) {
      if (!String(error).includes("ended by itself")) throw error;
    }
  }
  return start();
}

/**
 * Different ports on 127.0.0.1 that nobody holds for UDP and TCP at this moment. For programs that want their port
 * in a file: another process can take one in between, so it is held only as a start, and the start is retried.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held: { close(): void }[] = [];
  const ports: number[] = [];
  while (ports.length < count) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    held.push(server);
    const { port } = server.address() as { port: number };
    const socket = createSocket("udp4");
    held.push(socket);
    const bound = await new Promise<boolean>((resolve) => {
      socket.once("error", () => resolve(false));
      socket.bind(port, "127.0.0.1", () => resolve(true));
    });
    if (bound) ports.push(port);
  }
  for (const one of held) one.close();
  return ports;
}
