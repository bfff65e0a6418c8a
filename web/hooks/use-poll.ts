import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError, ask } from "../api/request.ts";

/** What was last read from a path. */
export interface Polled<T> {
  /** Null before the first reply, and when the path changed. */
  readonly data: T | null;
  /** Why the last try gave nothing; null when it did. */
  readonly error: ApiError | null;
  /** Reads again now. */
  readonly again: () => void;
}

/** Reads a path now and again every `pause` ms, while somebody looks at the page. */
export function usePoll<T>(path: string, pause: number): Polled<T> {
  const [state, setState] = useState<{ path: string; data: T | null; error: ApiError | null }>({
    path,
    data: null,
    error: null,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const read = async (): Promise<void> => {
      try {
        const data = await ask<T>(path);
        if (!stopped) setState({ path, data, error: null });
      } catch (caught) {
        const error = caught instanceof ApiError ? caught : new ApiError("refused", String(caught));
        // What was read before stays to be seen: it is said that it is old.
        if (!stopped) setState((old) => ({ path, data: old.path === path ? old.data : null, error }));
      }
      if (!stopped) timer = setTimeout(next, pause);
    };
    const next = (): void => {
      clearTimeout(timer);
      if (!document.hidden) void read();
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
  return { data: state.path === path ? state.data : null, error: state.error, again };
}
