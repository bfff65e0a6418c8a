import { Command } from "commander";
import type { Config, ListenAddress } from "../config/config.ts";
import { DotlsError } from "../errors.ts";
import type { DoorQuestion } from "./door-check.ts";

interface HealthcheckOptions {
  readonly socket?: string;
  readonly config?: string;
}

/** How long a door may take for an answer that it has itself, in milliseconds. */
const PATIENCE = 3000;

/** `dotls healthcheck`: whether the server of this configuration answers. For containers and service managers. */
export function command(): Command {
  return new Command("healthcheck")
    .description("tell by the exit code whether the running server answers")
    .option("--socket <path>", "control socket of the server (else control.socket of the configuration)")
    .option("--config <file>", "configuration of the server (found as `dotls serve` finds it)")
    .action(check);
}

async function check(options: HealthcheckOptions): Promise<void> {
  const { doors, question, socket } = await targetOf(options);
  if (socket !== null) return checkBehind(socket);
  const [{ askDoor }, { formatListen }] = await Promise.all([
    import("./door-check.ts"),
    import("../config/listen-address.ts"),
  ]);
  const answers = await Promise.all(doors.map((door) => askDoor(door, question, PATIENCE)));
  const faults = answers.flatMap((answer, i) =>
    answer.rcode === null ? [`${formatListen(doors[i]!)}: ${answer.reason}`] : [],
  );
  if (faults.length > 0) throw unhealthy(`it does not answer at ${faults.join("; at ")}`);
  process.stdout.write(`healthy: ${doors.map(formatListen).join(" ")}\n`);
}

/**
 * Where two processes share their doors, the kernel chooses which of them gets a question. So the one that is meant is asked at
 * its control socket, whether its threads work.
 */
async function checkBehind(socket: string): Promise<void> {
  const { getAilment } = await import("../control/client.ts");
  const ailment = await getAilment(socket).catch((error: unknown) => {
    throw error instanceof DotlsError ? unhealthy(error.message, error) : error;
  });
  if (ailment !== null) throw unhealthy(ailment);
  process.stdout.write(`healthy: ${socket}\n`);
}

/** What to ask, and where. */
interface Target {
  readonly doors: readonly ListenAddress[];
  readonly question: DoorQuestion;
  /** Of a server that shares its doors; null: it has them for itself. */
  readonly socket: string | null;
}

async function targetOf(options: HealthcheckOptions): Promise<Target> {
  const [{ loadConfig }, { ConfigError }, { RrType }] = await Promise.all([
    import("../config/load.ts"),
    import("../config/config-error.ts"),
    import("../dns/rrtype.ts"),
  ]);
  // A name that is answered without asking anybody: what is out there says nothing about the health of this process, and
  // a restart would not mend it. Where localhost is not answered here, a question without RD is refused at once.
  const question = { name: "localhost.", type: RrType.A };
  try {
    const flags = options.config === undefined ? {} : { config: options.config };
    const { config } = loadConfig({ flags });
    const local = { ...question, recursion: config.localNames.localhost };
    if (config.shareListeners)
      return { doors: [], question: local, socket: sharedBy(config, options.socket) };
    const doors = await doorsOf(config, options.socket);
    return { doors, question: local, socket: null };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // A file that was spoiled under a running server does not make it unhealthy: it runs on with the one before.
    const { automaticSocket } = await import("../config/control-socket.ts");
    const uid = process.getuid?.() ?? -1;
    const socket = options.socket ?? process.env["DOTLS_CONTROL_SOCKET"] ?? automaticSocket(process.env, uid);
    const doors = await doorsBehind(socket);
    if (doors === null) throw error;
    return { doors, question: { ...question, recursion: true }, socket: null };
  }
}

function sharedBy({ control }: Config, named: string | undefined): string {
  const socket = named ?? control.socket;
  if (socket !== null) return socket;
  throw unhealthy(
    "with shareListeners it can only be asked at its control socket, and control.socket is none",
  );
}

/** The doors with their real ports, which the server itself knows best; without a control socket, those configured. */
async function doorsOf(
  { control, listen }: Config,
  named: string | undefined,
): Promise<readonly ListenAddress[]> {
  const socket = named ?? control.socket;
  const doors = socket === null ? null : await doorsBehind(socket);
  if (doors !== null) return doors;
  if (named !== undefined) throw unhealthy(`nobody is at the control socket ${named}`);
  if (listen.every(({ port }) => port !== 0)) return listen;
  throw unhealthy("it is not at its control socket, and the configuration leaves its port to the system");
}

/** The doors of the server behind a control socket; null when nobody is there, or not for us. */
async function doorsBehind(socket: string): Promise<readonly ListenAddress[] | null> {
  const [{ getStatus }, { parseListen }] = await Promise.all([
    import("../control/client.ts"),
    import("../config/listen-address.ts"),
  ]);
  try {
    const { listeners } = await getStatus(socket);
    return listeners.flatMap(parseListen);
  } catch (error) {
    if (!(error instanceof DotlsError)) throw error;
    // A server runs on without a socket that nobody asked for by name.
    if (error.code === "ERR_DOTLS_NO_SERVER" || error.code === "ERR_DOTLS_CONTROL_DENIED") return null;
    throw unhealthy(error.message, error);
  }
}

function unhealthy(reason: string, cause?: unknown): DotlsError {
  return new DotlsError("ERR_DOTLS_UNHEALTHY", `the server is not healthy: ${reason}`, { cause });
}
