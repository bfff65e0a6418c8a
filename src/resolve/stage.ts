import type { ReplyView } from "../dns/reply-view.ts";
import type { ClientQuery } from "../listen/client-query.ts";

/** What a stage did with a query. */
export const Step = {
  /** Nothing: the next stage is to look at it. */
  NEXT: 0,
  /** It is answered by us: `query.rcode` and `query.extra` say how. */
  ANSWERED: 1,
  /** It is taken: `Completion.complete` is called for it exactly once, now or later. */
  LATER: 2,
  /** It is answered, and its reply is sent. */
  SENT: 3,
} as const;

/** One stage of the path of a query. It never throws. */
export interface Stage {
  /** Looks at a query on its way in; gives one of `Step`. */
  enter(query: ClientQuery): number;
  /**
   * Sees a query that came past this stage on its way out, before the clients get their answers: `reply` is what a
   * server answered, null when there is none. Stages are left in the reverse order.
   */
  leave?(query: ClientQuery, reply: ReplyView | null): void;
}

/** Who takes a query back from the stage that said LATER. `reply` is valid during the call only. */
export interface Completion {
  complete(query: ClientQuery, reply: ReplyView | null): void;
}
