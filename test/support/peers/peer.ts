import { untilAnswered } from "./ask.ts";
import { freePorts, launch, type Running, temporaryFolder } from "./process.ts";

/** A real DNS server on 127.0.0.1 that answers the same zones on a plain port and over TLS. */
export interface Peer {
  readonly program: string;
  /** Plain DNS over UDP and TCP. */
  readonly plain: number;
  /** DNS over TLS. */
  readonly tls: number;
  /** PEM file of the authority that signed its certificate. */
  readonly ca: string;
  /** The name in its certificate. */
  readonly name: string;
  log(): string;
  /** Stops it in its tracks, or has it go on. The kernel still takes connections and bytes for it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Ends the program as an operator would (SIGTERM); its folder and its ports wait for it. */
  halt(): Promise<void>;
  /** Starts it again, on the same ports; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends the program and removes its folder. */
  stop(): Promise<void>;
}

interface Ground {
  readonly folder: string;
  readonly plain: number;
  readonly tls: number;
}

/** How a program is started on its ground, and who it says it is. */
interface Plan {
  readonly args: readonly string[];
  readonly ca: string;
  readonly name: string;
  /** Whether its port for TLS takes DNS over TLS, and can be asked whether it is up; else only the plain one is. */
  readonly dot?: boolean;
}

/**
 * Gives a program a folder and two ports, and starts it as `prepare` says; resolves when it has an answer for `zone`. Once
 * more with other ports when that fails, because another process may have taken a port before the program did.
 */
export async function startedPeer(
  program: string,
  zone: string,
  prepare: (ground: Ground) => Plan,
  attempts = 2,
): Promise<Peer> {
  const folder = temporaryFolder();
  const [plain, tls] = (await freePorts(2)) as [number, number];
  const { args, ca, name, dot = true } = prepare({ folder: folder.path, plain, tls });
  let running: Running;
  const restart = async (): Promise<void> => {
    running = launch(program, args, folder.path);
    const doors = [
      { over: "udp", address: "127.0.0.1", port: plain } as const,
      ...(dot ? [{ over: "tls", port: tls, ca } as const] : []),
    ];
    await untilAnswered(running, doors, zone);
  };
  const stop = async (): Promise<void> => {
    await running.stop();
    folder.remove();
  };
  try {
    await restart();
  } catch (error) {
    await stop();
    if (attempts <= 1) throw error;
    return startedPeer(program, zone, prepare, attempts - 1);
  }
  return {
    program,
    plain,
    tls,
    ca,
    name,
    log: () => running.log(),
    signal: (signal) => {
      process.kill(running.pid, signal);
    },
    halt: () => running.stop(),
    restart,
    stop,
  };
}
