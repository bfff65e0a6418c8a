import { CLIENT_TIMER } from "../cache/stale.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { Deadlines, type Timed } from "./deadlines.ts";

/** A client for whom there is an answer over its time, while a server is asked for a newer one. */
class StaleWait implements Timed {
  readonly deadline: number;
  earlier: Timed | null = null;
  later: Timed | null = null;

  #query: ClientQuery;
  #late: (query: ClientQuery) => void;

  constructor(query: ClientQuery, late: (query: ClientQuery) => void) {
    this.deadline = query.receivedAt + CLIENT_TIMER;
    this.#query = query;
    this.#late = late;
  }

  expire(): void {
    this.#late(this.#query);
  }
}

/**
 * The client response timers of RFC 8767 section 5. Only queries with a stale answer have one, and all of them share one
 * timer of the system, as all wait equally long.
 */
export class StaleWaits {
  #deadlines = new Deadlines();
  #waits = new Map<ClientQuery, StaleWait>();
  #late: (query: ClientQuery) => void;

  /** `late` is called for each query that was not removed in time. */
  constructor(late: (query: ClientQuery) => void) {
    this.#late = late;
  }

  add(query: ClientQuery): void {
    const wait = new StaleWait(query, (one) => {
      this.#waits.delete(one);
      this.#late(one);
    });
    this.#waits.set(query, wait);
    this.#deadlines.add(wait);
  }

  /** The query and all that follow it have their answer. */
  remove(query: ClientQuery): void {
    if (this.#waits.size === 0) return;
    for (let one: ClientQuery | null = query; one !== null; one = one.follower) {
      const wait = this.#waits.get(one);
      if (wait === undefined) continue;
      this.#waits.delete(one);
      this.#deadlines.remove(wait);
    }
  }

  /** Ends the timer, once nothing waits any more. */
  stop(): void {
    this.#deadlines.expireAll();
  }
}
