import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { ReloadReport, Status } from "../../src/control/status.ts";
import { Sockets } from "../../src/listen/sockets.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";

/** Whether this machine has sockets that several threads can share. */
export const canShare: boolean = await Sockets.choose({ io: "auto", sharing: "first" }).then(
  () => true,
  () => false,
);

/** A built server with several workers, in a process of its own. */
export interface WorkerHost {
  /** `udp://127.0.0.1:PORT`. */
  readonly url: string;
  readonly pid: number;
  /** Of what it has logged, how often a worker took the place of another. */
  readonly replaced: () => number;
  /** What it has logged so far, one JSON object a line. */
  readonly log: () => string;
  status(): Promise<Status>;
  /** Takes over another configuration: what is to be set of it, with other upstreams perhaps. */
  reload(upstream: ScriptedUpstream, ...more: string[]): Promise<Partial<ReloadReport> & { error?: string }>;
  /** Ends a worker. */
  kill(): void;
  /** Lets a worker go round in circles. */
  hang(): void;
  /** Resolves when it has ended by itself after it was told to stop, with the code and the time that took, in ms. */
  stop(): Promise<{ code: number | null; milliseconds: number }>;
}

/** What is to be set; `more` counts where it names the same option. */
function settings(upstream: ScriptedUpstream, more: readonly string[]): string[] {
  const own = [
    "listen=127.0.0.1:0",
    `upstreams=tls://${upstream.address}:${upstream.port}#${upstream.name}`,
    `tls.ca=${upstream.caFile()}`,
    "workers=2",
    "localNames.test=false",
    "control.socket=none",
    "state=none",
  ];
  const keyOf = (one: string): string => one.split("=", 1)[0]!;
  const given = new Set(more.map(keyOf));
  return [...own.filter((one) => !given.has(keyOf(one))), ...more];
}

/** Starts it; it ends with the test. */
export async function hostWorkers(upstream: ScriptedUpstream, ...more: string[]): Promise<WorkerHost> {
  return host({}, upstream, more);
}

/** Starts it as another user, which takes root. */
export async function hostWorkersAs(
  user: number,
  upstream: ScriptedUpstream,
  ...more: string[]
): Promise<WorkerHost> {
  return host({ uid: user, gid: user }, upstream, more);
}

async function host(
  user: { readonly uid?: number; readonly gid?: number },
  upstream: ScriptedUpstream,
  more: readonly string[],
): Promise<WorkerHost> {
  const set = settings(upstream, more);
  const program = fileURLToPath(new URL("worker-host.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(set)], {
    stdio: ["pipe", "pipe", "pipe"],
    ...user,
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the server has ended: ${log}`);
    return value;
  };
  const ended = new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
  });
  const [url = ""] = (await line()).split(" ");
  return {
    url,
    pid: child.pid!,
    replaced: () => log.split('"the new worker answers"').length - 1,
    log: () => log,
    reload: async (upstream, ...more) => {
      child.stdin.write(`reload ${JSON.stringify(settings(upstream, more))}\n`);
      return JSON.parse(await line()) as ReloadReport;
    },
    status: async () => {
      child.stdin.write("status\n");
      return JSON.parse(await line()) as Status;
    },
    kill: () => child.stdin.write("kill\n"),
    hang: () => child.stdin.write("hang\n"),
    stop: async () => {
      const since = performance.now();
      child.stdin.write("stop\n");
      await line();
      return { code: await ended, milliseconds: performance.now() - since };
    },
  };
}
