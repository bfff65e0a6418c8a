import type { LoadedConfig } from "../config/load.ts";
import { warningsOf } from "../config/warnings.ts";
import { createLog } from "../observe/log.ts";
import { startServer } from "../server.ts";
import { FileWatch } from "./file-watch.ts";
import { guard } from "./guard.ts";
import type { Notifier } from "./systemd/notifier.ts";
import { Reloader } from "./reloader.ts";
import { passedSockets } from "./systemd/passed-sockets.ts";
import { hangUps, stopSignal } from "./signals.ts";

/** How long stopping may take beside the waits of queries, in ms. */
const PATIENCE = 5000;

/**
 * Runs a server until the process is told to stop: by SIGTERM or SIGINT, a second one of which ends it without waiting for
 * clients, or for its start. SIGHUP makes it read the configuration again. `load` reads it.
 */
export async function runService(load: () => LoadedConfig): Promise<void> {
  const onHangUp = hangUps();
  const hurry = new AbortController();
  // Heard from now on: on process 1 of a container, the system throws away what nobody hears.
  const told = stopSignal(hurry);
  const giveUp = (): never => process.exit(1);
  hurry.signal.addEventListener("abort", giveUp);
  const first = load();
  const { config, file, origins } = first;
  const notifier = process.env["NOTIFY_SOCKET"] === undefined ? null : await openNotifier();
  const log = await createLog({ level: config.log.level });
  guard(log);
  for (const warning of warningsOf(config)) log.warn(warning);

  const sockets = process.env["LISTEN_FDS"] === undefined ? [] : passedSockets();
  const started = startServer(config, {
    sockets,
    log,
    configFile: file,
    origins,
    controlOptional: origins.get("control.socket") === "default",
    reload: () => reloader.reload("dotls reload"),
  });
  // What is wrong with it is in the log.
  const again = (why: string): void => void reloader.reload(why).catch(() => {});
  const watch = file === null ? null : new FileWatch(file, () => again("the file has changed"));
  let running = config;
  const follow = ({ config }: LoadedConfig): void => {
    running = config;
    if (!config.watch) watch?.stop();
    else if (watch === null) log.warn("watch: there is no configuration file");
    else watch.start();
  };
  const reloader = new Reloader({
    load,
    server: {
      reload: async (config, origins) => (await started).reload(config, origins),
      refused: () => {
        // Where it cannot be started that is said by who has started it.
        void started.then((server) => server.refused()).catch(() => {});
      },
    },
    log,
    onBegin: () => {
      watch?.note();
      notifier?.reloading();
    },
    onTaken: (loaded, { listeners }) => {
      follow(loaded);
      notifier?.ready(answering(listeners));
    },
    onRefused: (why) => notifier?.ready(`the configuration before stays in force: ${why}`),
  });

  const server = await started;
  hurry.signal.removeEventListener("abort", giveUp);
  follow(first);
  onHangUp(() => again("SIGHUP"));
  // Other commands end when nobody reads them any more; a server has said there all that it has to say.
  process.stdout.removeAllListeners("error").on("error", () => {});
  for (const url of server.urls) process.stdout.write(`listening on ${url}\n`);
  if (server.controlUrl !== null) process.stdout.write(`control at ${server.controlUrl}\n`);
  process.stdout.write("dotls ready\n");
  notifier?.ready(answering(server.urls));

  log.info(`stopping on ${await told}`);
  watch?.stop();
  notifier?.stopping(running.lameduck + running.timeout + PATIENCE);
  await server.stop(hurry.signal);
}

/** Loaded only where there is a service manager. */
async function openNotifier(): Promise<Notifier | null> {
  const { Notifier } = await import("./systemd/notifier.ts");
  return Notifier.open();
}

function answering(urls: readonly string[]): string {
  return `answering on ${urls.join(" ")}`;
}
