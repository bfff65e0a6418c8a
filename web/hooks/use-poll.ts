import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError, ask } from "../api/request.ts";

/** What was last read from a path. */
export interface Polled<T> {
  /** Null before the first reply. When the path changes, what was read from the one before until the new one is read. */
  readonly data: T | null;
  /** Why the last try gave nothing; null when it did. */
  readonly error: ApiError | null;
  /** Reads again now. */
  readonly again: () => void;
}

/** Reads a path now and again every `pause` ms, while somebody looks at the page. */
export function usePoll<T>(path: string, pause: number): Polled<T> {
  const [state, setState] = useState<{ data: T | null; error: ApiError | null }>({ data: null, error: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const read = async (): Promise<void> => {
      try {
        const data = await ask<T>(path);
        if (!stopped) setState({ data, error: null });
      } catch (caught) {
        const error = caught instanceof ApiError ? caught : new ApiError("refused", String(caught));
        // What was read before stays to be seen: it is said that it is old.
        if (!stopped) setState(({ data }) => ({ data, error }));
        // With the same token it would be refused again, and looking at a token costs the server more than anything else here.
        if (error.kind === "locked") stopped = true;
      }
      if (!stopped) timer = setTimeout(next, pause);
    };
    const next = (): void => {
      clearTimeout(timer);
      if (!document.hidden && !stopped) void read();
    };
    void read();
    document.addEventListener("visibilitychange", next);
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", next);
    };
  }, [path, pause, round]);
  const again = useCallback(() => setRound((one) => one + 1), []);
  return { ...state, again };
}
