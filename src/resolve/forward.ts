import { ExtendedError } from "../dns/edns/extended-error.ts";
import { Rcode } from "../dns/rcode.ts";
import { ReplyView } from "../dns/reply-view.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { Exchange } from "../upstream/exchange.ts";
import type { Attempts, Failover, GroupExchange } from "../upstream/failover.ts";
import type { Failure, FailureKind } from "../upstream/failure.ts";
import { queryLength, writeQuery } from "../upstream/query-writer.ts";
import { Deadlines, type Timed } from "./deadlines.ts";
import { extraError } from "./extra-errors.ts";
import { type Completion, type Stage, Step } from "./stage.ts";

/** Questions that wait for a server, at the most: beyond it the one that has waited longest is given up at once. */
const MAX_OUTSTANDING = 10_000;

/** Kinds that mean "nobody was there"; the others mean that somebody was and something was wrong (RFC 8914 4.23, 4.24). */
const unreached: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "refused",
  "unreachable",
  "timeout",
  "silent",
  "busy",
]);

/** One for all answers: each is read and passed on before the next one comes. */
const view = new ReplyView();

/** The last stage: asks a server, within the client's deadline. */
export class Forward implements Stage {
  #group: Failover;
  #timeout: number;
  #completion: Completion;
  #deadlines = new Deadlines();

  /** `timeout` is a client's whole wait, in ms. */
  constructor(group: Failover, timeout: number, completion: Completion) {
    this.#group = group;
    this.#timeout = timeout;
    this.#completion = completion;
  }

  /** Questions that wait for an answer. */
  get outstanding(): number {
    return this.#deadlines.size;
  }

  enter(query: ClientQuery): number {
    if (this.#deadlines.size >= MAX_OUTSTANDING) {
      const oldest = this.#deadlines.first;
      if (oldest instanceof ForwardExchange) oldest.give("too many queries wait for an answer");
    }
    const exchange = new ForwardExchange(
      query,
      this.#group,
      this.#deadlines,
      this.#completion,
      this.#timeout,
    );
    this.#deadlines.add(exchange);
    this.#group.ask(exchange);
    return Step.LATER;
  }

  /** Answers all that wait with SERVFAIL. */
  stop(): void {
    this.#deadlines.expireAll();
  }
}

/** A client's question on its way through the servers. Ends exactly once: by an answer, by exhaustion or by its deadline. */
class ForwardExchange extends Exchange implements GroupExchange, Timed {
  readonly attempts: Attempts = { current: null, fruitless: 0, strange: 0, failed: null };
  readonly question: Uint8Array;
  readonly questionEnd: number;
  readonly deadline: number;
  earlier: Timed | null = null;
  later: Timed | null = null;

  #query: ClientQuery;
  #group: Failover;
  #deadlines: Deadlines;
  #completion: Completion;
  #timeout: number;

  constructor(
    query: ClientQuery,
    group: Failover,
    deadlines: Deadlines,
    completion: Completion,
    timeout: number,
  ) {
    super();
    this.#query = query;
    this.question = query.bytes;
    this.questionEnd = query.questionEnd;
    this.deadline = query.receivedAt + timeout;
    this.#group = group;
    this.#deadlines = deadlines;
    this.#completion = completion;
    this.#timeout = timeout;
  }

  length(): number {
    return queryLength(this.#query);
  }

  write(out: Buffer, at: number): void {
    writeQuery(this.#query, out, at);
  }

  answered(bytes: Uint8Array, start: number, end: number): boolean {
    if (!view.read(bytes, start, end)) return false;
    this.#deadlines.remove(this);
    this.#query.server = this.attempts.current?.label ?? null;
    this.#query.rcode = view.rcode;
    this.#completion.complete(this.#query, view);
    return true;
  }

  lost(failure: Failure, progress: boolean): void {
    this.#group.again(this, failure, progress);
  }

  exhausted(why: string, failure: Failure): void {
    this.#deadlines.remove(this);
    this.abandoned = true;
    this.#fail(unreached.has(failure.kind), why);
  }

  expire(): void {
    const { current, strange } = this.attempts;
    const who = current === null ? "" : `${current.label}: `;
    const met =
      this.attempts.failed?.map(({ upstream, failure }) => `; ${upstream.label}: ${failure.text}`) ?? [];
    // The server was there, and what it said could not be used.
    const misled = current !== null && current.counters.mismatched > strange;
    const but = misled ? ", only messages that answer no question of ours" : "";
    current?.abandon(this);
    this.abandoned = true;
    this.#fail(!misled, `${who}no answer within ${this.#timeout / 1000} s${but}${met.join("")}`);
  }

  /** Ends it before its time, for the reason given. */
  give(why: string): void {
    this.#deadlines.remove(this);
    this.attempts.current?.abandon(this);
    this.abandoned = true;
    this.#fail(true, why);
  }

  #fail(unreachedOnly: boolean, why: string): void {
    const query = this.#query;
    query.rcode = Rcode.SERVFAIL;
    query.error = why;
    query.extra = extraError(
      unreachedOnly ? ExtendedError.NO_REACHABLE_AUTHORITY : ExtendedError.NETWORK_ERROR,
      why,
    );
    this.#completion.complete(query, null);
  }
}
