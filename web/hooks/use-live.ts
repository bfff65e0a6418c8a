import { useEffect, useRef, useState } from "preact/hooks";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { EventStream } from "../api/event-stream.ts";
import { ApiError, send } from "../api/request.ts";

/** How many queries are held; what is older is in the history of the server. */
const MOST = 300;

/** How often what has come is drawn, in ms: a person reads no faster, and a busy server sends thousands a second. */
const DRAW = 250;

/** How long to wait before the next try, in ms. */
const RETRY = 2000;

/** A query as it came, with a number of its own. */
export interface Row {
  readonly number: number;
  readonly entry: HistoryEntry;
}

export interface Live {
  /** Newest first. */
  readonly rows: readonly Row[];
  /** Queries that came too fast to be sent. */
  readonly lost: number;
  /** Why there is nothing, in words; null when all is well. */
  readonly error: string | null;
}

const NOTHING: Live = { rows: [], lost: 0, error: null };

/** Follows the queries that match (`search`: the parameters), from the last ones on; `paused` keeps what is there. */
export function useLive(search: string, paused: boolean): Live {
  const [live, setLive] = useState(NOTHING);
  const number = useRef(0);
  useEffect(() => {
    if (paused) return undefined;
    const leave = new AbortController();
    let waiting: Row[] = [];
    let lost = 0;
    const draw = setInterval(() => {
      if (waiting.length === 0 && lost === 0) return;
      const [rows, missed] = [waiting.toReversed(), lost];
      waiting = [];
      lost = 0;
      setLive((old) => ({
        rows: [...rows, ...old.rows].slice(0, MOST),
        lost: old.lost + missed,
        error: null,
      }));
    }, DRAW);
    const take = (data: string): void => {
      const message: HistoryEntry | { lost: number } = JSON.parse(data);
      if ("lost" in message) lost += message.lost;
      else waiting.push({ number: number.current++, entry: message });
      if (waiting.length > MOST) waiting = waiting.slice(-MOST);
    };
    const follow = async (): Promise<void> => {
      while (!leave.signal.aborted) {
        try {
          const response = await send(`/v1/live?${search}`, { signal: leave.signal });
          // What was kept before comes again with each connection.
          waiting = [];
          setLive(NOTHING);
          const events = new EventStream();
          for await (const text of textOf(response)) for (const { data } of events.push(text)) take(data);
        } catch (error) {
          if (leave.signal.aborted) return;
          // That the server is gone is said above every page.
          const refused = error instanceof ApiError && error.kind === "refused";
          if (refused) setLive({ ...NOTHING, error: error.message });
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    };
    void follow();
    return () => {
      leave.abort();
      clearInterval(draw);
    };
  }, [search, paused]);
  return live;
}

async function* textOf({ body }: Response): AsyncGenerator<string, void> {
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
