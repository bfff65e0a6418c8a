import type { Log } from "../observe/log.ts";

/**
 * The last line of defence of a thread: a fault in the handling of one packet must not take down the resolver of a
 * machine. It is logged with its stack, as it is a fault of ours.
 */
export function guard(log: Log): void {
  process.on("uncaughtException", (error: Error) => {
    log.error(`fault in dotls, please report it: ${error.message}`, { stack: error.stack ?? "" });
  });
  process.on("unhandledRejection", (reason) => {
    const stack = reason instanceof Error ? (reason.stack ?? "") : String(reason);
    log.error("fault in dotls, please report it: unhandled rejection", { stack });
  });
}
