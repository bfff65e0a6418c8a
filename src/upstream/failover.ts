import type { Exchange } from "./exchange.ts";
import type { Failure, FailureKind } from "./failure.ts";
import type { Upstream } from "./upstream.ts";

/** When every server is down, one is still tried for a query if its last attempt is older than this, in ms. */
const FRESH = 1000;

/** How often one question may meet connections of one server that end without a single answer. */
const MAX_FRUITLESS = 3;

/** Ends of a connection that say nothing against the next one to the same server. */
const ends: ReadonlySet<FailureKind> = new Set<FailureKind>(["closed", "silent", "busy"]);

/** What a question has met so far; the group keeps it in the exchange for as long as that lives. */
export interface Attempts {
  /** The server that has it now. */
  current: Upstream | null;
  /** Connections of `current` in a row that ended under it without an answer to anybody. */
  fruitless: number;
  /** What `current` had sent when it was asked that answers nothing: more of it since then is part of the story. */
  strange: number;
  /** Servers that failed it, and why; null: none so far, which is the rule. */
  failed: { upstream: Upstream; failure: Failure }[] | null;
}

/** An exchange that a group can send from server to server. */
export interface GroupExchange extends Exchange {
  readonly attempts: Attempts;
  /** Nobody is left to ask. `why` names each server with its failure. */
  exhausted(why: string, failure: Failure): void;
}

/**
 * Several servers in strict order: the first that works is asked. It is what people expect who name a first and a
 * second server; and a query goes to one operator as long as that one answers. A server that failed is tried again by
 * a connection of its own, without a client's query at risk, and takes over as soon as that is open; if it had opened
 * connections before and not answered on them, as soon as it answers a question of ours.
 */
export class Failover {
  readonly upstreams: readonly Upstream[];

  constructor(upstreams: readonly Upstream[]) {
    this.upstreams = upstreams;
  }

  ask(exchange: GroupExchange): void {
    const { attempts } = exchange;
    const upstream = this.#choose(attempts);
    if (upstream === null) {
      const failures = this.upstreams.flatMap((upstream) => met(upstream, attempts));
      const why = failures.map(({ upstream, failure }) => `${upstream.label}: ${failure.text}`).join("; ");
      exchange.exhausted(why, failures[0]?.failure ?? { kind: "timeout", text: why });
      return;
    }
    if (attempts.current !== upstream) {
      attempts.current = upstream;
      attempts.fruitless = 0;
      attempts.strange = upstream.counters.mismatched;
    }
    upstream.ask(exchange);
  }

  /** The connection of its current server is lost: asks again, there or elsewhere. */
  again(exchange: GroupExchange, failure: Failure, progress: boolean): void {
    const { attempts } = exchange;
    const { current } = attempts;
    // A server that answered others before it closed is well; asking it again is bounded by the client's deadline.
    const perhaps = ends.has(failure.kind) && (progress || ++attempts.fruitless < MAX_FRUITLESS);
    if (current !== null && !perhaps) {
      attempts.failed ??= [];
      attempts.failed.push({ upstream: current, failure });
    }
    this.ask(exchange);
  }

  #choose(attempts: Attempts): Upstream | null {
    const now = performance.now();
    let last: Upstream | null = null;
    for (const upstream of this.upstreams) {
      if (attempts.failed?.some((one) => one.upstream === upstream) === true) continue;
      if (upstream.sound) return upstream;
      upstream.probe(now);
      // All are down: the first that is being tried just now, or was not tried for a while, is worth the wait.
      if (last === null && (upstream.connected || now - upstream.lastAttemptAt > FRESH)) last = upstream;
    }
    return last;
  }
}

/** What a question has met at a server, else what is known against it. */
function met(upstream: Upstream, attempts: Attempts): { upstream: Upstream; failure: Failure }[] {
  const failure = attempts.failed?.find((one) => one.upstream === upstream)?.failure ?? upstream.lastFailure;
  return failure === null ? [] : [{ upstream, failure }];
}
