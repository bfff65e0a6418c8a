import type { Writable } from "node:stream";
import { printable } from "./printable.ts";

/** From the one that says least to the one that says most. */
const levels = ["error", "warn", "info", "debug"] as const;

export type LogLevel = (typeof levels)[number];

/** What goes with a message, by name; an Error is written as its message and those of its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where dotls says what changes its state. Never called once for each query. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** Says more or less from now on, where it can be told to. */
  setLevel?(level: LogLevel): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Standard error, unless told otherwise. */
  readonly stream?: Writable & { readonly isTTY?: boolean };
}

/** Makes the log: lines for people when the stream is a terminal, else one JSON object a line (fields of pino). */
export async function createLog(options: LogOptions): Promise<Log> {
  const stream = options.stream ?? process.stderr;
  return stream.isTTY === true ? textLog(options.level, stream) : jsonLog(options.level, stream);
}

/**
 * A gate for messages that an attacker or a failing network could repeat without end: true when `key` was not let
 * through in the last `ms` milliseconds. `now` is a monotonic clock in milliseconds.
 */
export function createOncePer(
  now: () => number = () => performance.now(),
): (key: string, ms: number) => boolean {
  const passed = new Map<string, number>();
  return (key, ms) => {
    const time = now();
    const last = passed.get(key);
    if (last !== undefined && time - last < ms) return false;
    // Set anew, so that the map stays in the order of passing and its first key is the one to forget.
    passed.delete(key);
    passed.set(key, time);
    if (passed.size > MOST_KEYS) passed.delete(passed.keys().next().value!);
    return true;
  };
}

/** A key may hold what a peer said, so the gate must not grow with them. */
const MOST_KEYS = 1000;

/** The fields that pino writes, in its order, so that what reads its lines reads ours. */
function jsonLog(level: LogLevel, stream: Writable): Log {
  return eachLevel(level, (level) => (message, fields) => {
    const base = { level, time: new Date().toISOString(), pid: process.pid };
    // No field stands in for these, whatever its name.
    stream.write(`${JSON.stringify({ ...base, ...plainFields(fields), ...base, message })}\n`);
  });
}

function textLog(level: LogLevel, stream: Writable): Log {
  return eachLevel(level, (level) => (message, fields) => {
    const words = Object.entries(plainFields(fields)).map(([key, value]) => ` ${key}=${quoted(value)}`);
    stream.write(`${new Date().toISOString()} ${level.padEnd(5)} ${printable(message)}${words.join("")}\n`);
  });
}

/** A log of all levels up to `last`, each made by `make`. */
function eachLevel(last: LogLevel, make: (level: LogLevel) => Log[LogLevel]): Log {
  let most = levels.indexOf(last);
  const at = (level: LogLevel): Log[LogLevel] => {
    const say = make(level);
    return (message, fields) => {
      if (levels.indexOf(level) <= most) say(message, fields);
    };
  };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    setLevel: (level) => {
      most = levels.indexOf(level);
    },
  };
}

/** The fields with errors as the text that is written of them. */
export function plainFields(fields: LogFields = {}): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields))
    values[key] = value instanceof Error ? told(value) : value;
  return values;
}

/** The message of an error, with those of its causes behind it. */
function told(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${told(error.cause)}` : error.message;
}

/** A value as one word, in quotes when it would not be one. */
function quoted(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
  return typeof value === "string" && /[\s"=]|^$/.test(text)
    ? printable(JSON.stringify(text))
    : printable(text);
}
