import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { untilAnswered } from "./ask.ts";
import type { Peer } from "./peer.ts";
import { freePorts, launch, temporaryFolder } from "./process.ts";

/** A server that takes plain DNS. */
export interface Server {
  readonly address: string;
  readonly port: number;
}

export interface RunningDotls extends Server {
  readonly pid: number;
  /** The path of its control socket. */
  readonly socket: string;
  log(): string;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Starts `dotls serve` in front of a DoT server, for UDP and TCP on one port; resolves when `zone` is answered. */
export async function startDotls(upstream: Peer, zone: string, place?: Server): Promise<RunningDotls> {
  const folder = temporaryFolder();
  const { address, port } = place ?? { address: "127.0.0.1", port: (await freePorts(1))[0]! };
  const listen = ["--listen", `udp://${address}:${port}`, "--listen", `tcp://${address}:${port}`];
  const forward = ["--upstream", `tls://127.0.0.1:${upstream.tls}#${upstream.name}`, "--tls-ca", upstream.ca];
  const socket = join(folder.path, "control.sock");
  const control = ["--set", `control.socket=${socket}`];
  const options = ["serve", ...listen, ...forward, ...control];
  const running = launch(process.execPath, [main, ...options], folder.path);
  const stop = async (): Promise<void> => {
    await running.stop();
    folder.remove();
  };
  try {
    await untilAnswered(running, [{ over: "udp", address, port }], zone);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: running.pid, socket, address, port, log: () => running.log(), stop };
}
