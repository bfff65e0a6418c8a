import { setImmediate as nextTurn } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import type { ControlSources } from "../control/routes.ts";
import { DotlsError } from "../errors.ts";
import type { Log } from "../observe/log.ts";
import { type AwaitedHttp, awaitHttp, isInUse } from "./awaited-http.ts";

/** The ways to the API of a running server. */
export interface Controls {
  /** Over HTTP, with the real port; null: not there, or not yet. */
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

/** The way over HTTP. */
interface Http {
  readonly way: AwaitedHttp;
  /** The token that was made for it just now. */
  readonly fresh: string | null;
}

/**
 * Opens the control socket and the address of `control.http`, as far as the configuration has them. With `shareListeners`
 * another dotls may have them: the socket is taken from it, the address is waited for. Rejects with a DotlsError when one of
 * them cannot be had; nothing is left open then.
 */
export async function openControls(
  config: Config,
  options: ControlsOptions,
  sources: ControlSources,
): Promise<Controls> {
  const { socket, http } = config.control;
  // The doors are open: who asks already is answered before the rest is loaded.
  if (socket !== null || http !== null) await nextTurn();
  const { way: remote = null, fresh = null } = (await openHttp(config, options.log, sources)) ?? {};
  let local: Awaited<ReturnType<typeof openSocket>> = null;
  try {
    // Last: what is taken from another dotls cannot be given back.
    if (socket !== null) local = await openSocket(socket, config.shareListeners, options, sources);
  } catch (error) {
    await remote?.close();
    throw error;
  } finally {
    // Once, and whatever comes: what is kept of it is its hash.
    const where = remote?.url ?? "control.http";
    if (fresh !== null) options.log.warn(`token for ${where}, shown this once: ${fresh}`);
  }
  return {
    get url() {
      return remote?.url ?? null;
    },
    none: local === null && remote === null,
    close: async () => {
      await Promise.all([local?.close(), remote?.close()]);
    },
  };
}

async function openSocket(
  path: string,
  takeOver: boolean,
  { log, controlOptional }: ControlsOptions,
  sources: ControlSources,
): Promise<{ close(): Promise<void> } | null> {
  const { startControl } = await import("../control/control-server.ts");
  try {
    const control = await startControl({ path, takeOver, ...sources });
    const { replaced } = control;
    if (replaced !== null)
      log.info("took the control socket over from another dotls", { path, pid: replaced });
    return control;
  } catch (error) {
    if (controlOptional !== true || !(error instanceof DotlsError)) throw error;
    log.warn(`no control socket: ${error.message}`);
    return null;
  }
}

async function openHttp(
  { control, state, shareListeners }: Config,
  log: Log,
  sources: ControlSources,
): Promise<Http | null> {
  const { http, token } = control;
  if (http === null) return null;
  const [{ startControlHttp }, { tokenFor }] = await Promise.all([
    import("../control/control-http.ts"),
    import("../control/token-source.ts"),
  ]);
  const { hash, fresh } = await tokenFor(http, token, state);
  const options = { ...sources, ...http, hash };
  try {
    return { way: await startControlHttp(options), fresh };
  } catch (error) {
    if (!shareListeners || !isInUse(error)) throw error;
    log.warn(`${error.message}; it is tried again until the process that has the address has stopped`);
    return { way: awaitHttp(startControlHttp, options, log), fresh };
  }
}
