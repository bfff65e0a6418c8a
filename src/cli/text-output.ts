import { once } from "node:events";
import type { Writable } from "node:stream";

/** Where a command writes what it was asked for. */
export interface TextOutput {
  /** Writes, and waits while the reader is slow. Does nothing any more once the reader is gone. */
  write(text: string): Promise<void>;
  /** Aborts when the reader goes away, as `head` does when it has enough; that is no error. */
  readonly gone: AbortSignal;
}

/** Wraps a stream, most often standard output. An error other than a reader that went away is thrown by `write`. */
export function textOutput(stream: Writable): TextOutput {
  const gone = new AbortController();
  let failure: Error | undefined;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") failure = error;
    gone.abort();
  });
  return {
    gone: gone.signal,
    write: async (text) => {
      if (!gone.signal.aborted && !stream.write(text)) {
        try {
          await once(stream, "drain", { signal: gone.signal });
        } catch {
          // Gone while we waited.
        }
      }
      if (failure !== undefined) throw failure;
    },
  };
}
