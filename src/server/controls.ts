import { setImmediate as nextTurn } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import type { ControlSources } from "../control/routes.ts";
import { DotlsError } from "../errors.ts";
import type { Log } from "../observe/log.ts";

/** The ways to the API of a running server. */
export interface Controls {
  /** Over HTTP, with the real port; null: not there. */
  readonly url: string | null;
  /** There is no way at all. */
  readonly none: boolean;
  close(): Promise<void>;
}

/** What of the options of a server is for them. */
interface ControlsOptions {
  readonly log: Log;
  readonly controlOptional?: boolean;
}

/**
 * Opens the control socket and the address of `control.http`, as far as the configuration has them. Rejects with a DotlsError
 * when one of them cannot be had; nothing is left open then.
 */
export async function openControls(
  config: Config,
  options: ControlsOptions,
  sources: ControlSources,
): Promise<Controls> {
  const { socket, http } = config.control;
  // The doors are open: who asks already is answered before the rest is loaded.
  if (socket !== null || http !== null) await nextTurn();
  const local = socket === null ? null : await openSocket(socket, options, sources);
  let remote: Awaited<ReturnType<typeof openHttp>> = null;
  try {
    remote = await openHttp(config, options.log, sources);
  } catch (error) {
    await local?.close();
    throw error;
  }
  return {
    url: remote?.url ?? null,
    none: local === null && remote === null,
    close: async () => {
      await Promise.all([local?.close(), remote?.close()]);
    },
  };
}

async function openSocket(
  path: string,
  { log, controlOptional }: ControlsOptions,
  sources: ControlSources,
): Promise<{ close(): Promise<void> } | null> {
  const { startControl } = await import("../control/control-server.ts");
  try {
    return await startControl({ path, ...sources });
  } catch (error) {
    if (controlOptional !== true || !(error instanceof DotlsError)) throw error;
    log.warn(`no control socket: ${error.message}`);
    return null;
  }
}

async function openHttp(
  { control, state }: Config,
  log: Log,
  sources: ControlSources,
): Promise<{ readonly url: string; close(): Promise<void> } | null> {
  const { http, token } = control;
  if (http === null) return null;
  const [{ startControlHttp }, { tokenFor }] = await Promise.all([
    import("../control/control-http.ts"),
    import("../control/token-source.ts"),
  ]);
  const { hash, fresh } = await tokenFor(http, token, state);
  const opened = await startControlHttp({ ...sources, ...http, hash });
  // Once: what is kept of it is its hash.
  if (fresh !== null) log.warn(`token for ${opened.url}, shown this once: ${fresh}`);
  return opened;
}
