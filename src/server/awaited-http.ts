import type { ControlHttp, ControlHttpOptions } from "../control/control-http.ts";
import { DotlsError } from "../errors.ts";
import type { Log } from "../observe/log.ts";

/** How often it is tried to get the address, in ms. */
const AGAIN = 1000;

/** The API over HTTP at an address that another process has at first. */
export interface AwaitedHttp {
  /** Null: not there yet. */
  readonly url: string | null;
  close(): Promise<void>;
}

/** Whether the API cannot be served somewhere because another process has the address. */
export function isInUse(error: unknown): error is DotlsError {
  const cause = error instanceof DotlsError ? error.cause : null;
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}

/** Tries to serve the API, over and over, until the address is free. */
export function awaitHttp(
  start: (options: ControlHttpOptions) => Promise<ControlHttp>,
  options: ControlHttpOptions,
  log: Log,
): AwaitedHttp {
  let opened: ControlHttp | null = null;
  let closed = false;
  let trying: Promise<void> = Promise.resolve();
  const attempt = async (): Promise<void> => {
    try {
      opened = await start(options);
      log.info(`control at ${opened.url}`);
    } catch (error) {
      if (!isInUse(error)) log.error(error instanceof Error ? error.message : String(error));
      else if (!closed) later();
    }
  };
  let timer: NodeJS.Timeout;
  const later = (): void => {
    timer = setTimeout(() => {
      trying = attempt();
    }, AGAIN);
    timer.unref();
  };
  later();
  return {
    get url() {
      return opened?.url ?? null;
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await trying;
      await opened?.close();
    },
  };
}
