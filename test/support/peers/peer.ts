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
  /** Ends the program and removes its folder. */
  stop(): Promise<void>;
}

interface Ground {
  readonly folder: string;
  readonly plain: number;
  readonly tls: number;
  readonly launch: (command: string, args: readonly string[]) => Running;
}

interface Started {
  readonly running: Running;
  readonly ca: string;
  readonly name: string;
}

/**
 * Gives a program a folder and two ports and has `start` bring it up; once more with other ports when that fails,
 * because another process may have taken a port before the program did.
 */
export async function startedPeer(
  program: string,
  start: (ground: Ground) => Promise<Started>,
  attempts = 2,
): Promise<Peer> {
  const folder = temporaryFolder();
  const [plain, tls] = (await freePorts(2)) as [number, number];
  const launched: Running[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(launched.map((running) => running.stop()));
    folder.remove();
  };
  try {
    const { running, ca, name } = await start({
      folder: folder.path,
      plain,
      tls,
      launch(command, args) {
        const running = launch(command, args, folder.path);
        launched.push(running);
        return running;
      },
    });
    return { program, plain, tls, ca, name, log: () => running.log(), stop };
  } catch (error) {
    await stop();
    if (attempts <= 1) throw error;
    return startedPeer(program, start, attempts - 1);
  }
}
