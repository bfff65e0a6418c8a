import { type Log, type LogFields, type LogLevel, plainFields } from "../observe/log.ts";

/** For so long a line is that of another worker, in ms: all of them see the same servers, if not at the same moment. */
const SAME = 10_000;

/** A log for a worker thread: what is said there goes to `send` in a form that can be posted. */
export function remoteLog(send: (level: LogLevel, message: string, fields: LogFields) => void): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void =>
      send(level, message, plainFields(fields));
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

/**
 * Writes what the workers say, and what several of them say once: a line is left out when another worker has said the
 * same within ten seconds and this one has not yet. `now` is a monotonic clock in ms.
 */
export function mergedLog(
  log: Log,
  now: () => number = () => performance.now(),
): (worker: number, level: LogLevel, message: string, fields: LogFields) => void {
  const said = new Map<string, { readonly at: number; readonly by: Set<number> }>();
  return (worker, level, message, fields) => {
    const time = now();
    for (const [key, { at }] of said) if (time - at >= SAME) said.delete(key);
    const key = JSON.stringify([level, message, fields]);
    const earlier = said.get(key);
    if (earlier !== undefined && !earlier.by.has(worker)) {
      earlier.by.add(worker);
      return;
    }
    said.set(key, { at: time, by: new Set([worker]) });
    log[level](message, fields);
  };
}
