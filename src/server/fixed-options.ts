import type { Config } from "../config/config.ts";

/** What a running server cannot change: memory that threads share, threads, sockets of its own, who it is. */
const FIXED: Readonly<Record<string, (from: Config, to: Config) => Config>> = {
  state: ({ state }, to) => ({ ...to, state }),
  "cache.size": ({ cache: { size } }, to) => ({ ...to, cache: { ...to.cache, size } }),
  "history.size": ({ history: { size } }, to) => ({ ...to, history: { ...to.history, size } }),
  "history.privacy": ({ history: { privacy } }, to) => ({ ...to, history: { ...to.history, privacy } }),
  "history.ignore": ({ history: { ignore } }, to) => ({ ...to, history: { ...to.history, ignore } }),
  dnstap: ({ dnstap }, to) => ({ ...to, dnstap }),
  "control.socket": ({ control: { socket } }, to) => ({ ...to, control: { ...to.control, socket } }),
  "control.http": ({ control: { http } }, to) => ({ ...to, control: { ...to.control, http } }),
  "control.token": ({ control: { token } }, to) => ({ ...to, control: { ...to.control, token } }),
  workers: ({ workers }, to) => ({ ...to, workers }),
  shareListeners: ({ shareListeners }, to) => ({ ...to, shareListeners }),
  io: ({ io }, to) => ({ ...to, io }),
  user: ({ user }, to) => ({ ...to, user }),
  group: ({ group }, to) => ({ ...to, group }),
};

/**
 * What a running server can make of a new configuration: `config` is the new one, with the old values of what needs a
 * restart, the keys of which are in `pending`.
 */
export function applicable(running: Config, wanted: Config): { config: Config; pending: readonly string[] } {
  let config = wanted;
  const pending: string[] = [];
  for (const [key, keep] of Object.entries(FIXED)) {
    const kept = keep(running, config);
    if (JSON.stringify(kept) !== JSON.stringify(config)) pending.push(key);
    config = kept;
  }
  return { config, pending };
}
