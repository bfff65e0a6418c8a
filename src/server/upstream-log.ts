import type { Log } from "../observe/log.ts";
import type { UpstreamEvents } from "../upstream/upstream.ts";

/** Says once when a server stops to work, with the reason, and once when it works again; `onBack` hears of the latter too. */
export function upstreamLog(log: Log, onBack: () => void): UpstreamEvents {
  return {
    onDown: ({ label }, { kind, text }) =>
      log.warn(`upstream ${label} is down: ${text}`, { upstream: label, kind }),
    onUp: ({ label }) => {
      log.info(`upstream ${label} is back`, { upstream: label });
      onBack();
    },
  };
}
