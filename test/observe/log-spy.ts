import type { Log, LogFields } from "../../src/observe/log.ts";

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A log that remembers what it was told. */
export function logSpy(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) => {
    lines.push({ level, message, fields });
  };
  return { log: { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") }, lines };
}
