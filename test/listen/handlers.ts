import { writeOwn } from "../../src/dns/reply-writer.ts";
import type { ClientQuery } from "../../src/listen/client-query.ts";
import type { QueryHandler } from "../../src/listen/door.ts";

/** Answers each query with NXDOMAIN, at once or when told. */
export class TestHandler implements QueryHandler {
  readonly waiting: ClientQuery[] = [];
  /** True: keeps what comes in `waiting`. */
  keep = false;
  seen = 0;

  handle(query: ClientQuery): boolean {
    this.seen++;
    query.retain();
    this.waiting.push(query);
    if (!this.keep) this.answer();
    return true;
  }

  /** Answers the one that has waited longest. */
  answer(): void {
    const query = this.waiting.shift()!;
    const { door } = query;
    door.send(query, writeOwn(query, 3, null, door.way, door));
  }
}

export const noEvents = { onAddress: (): void => {}, onProblem: (): void => {} };
