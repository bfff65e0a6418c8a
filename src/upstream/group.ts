import { HedgeBudget } from "./budget.ts";
import type { Exchange } from "./exchange.ts";
import type { Failure, FailureKind } from "./failure.ts";
import { type Asked, MAX_UPSTREAMS, type Policy, type PolicyMaker, lowest } from "./policy/policy.ts";
import type { Upstream } from "./upstream.ts";

/** When every server is down, one is still tried for a query if its last attempt is older than this, in ms. */
const FRESH = 1000;

/** How often one question may meet links of one server that end without a single answer. */
const MAX_FRUITLESS = 3;

/** Ends of a link that say nothing against the next one to the same server. */
const ends: ReadonlySet<FailureKind> = new Set<FailureKind>(["closed", "silent"]);

/** A question that a group carries to its servers: each attempt at one of them is an exchange of its own. */
export interface Inquiry extends Asked {
  /** Bit mask of the servers that failed it, or gave a poor answer. */
  failed: number;
  /** Bit mask of the servers that have, or had, an exchange of it. */
  tried: number;
  /** Links in a row that ended under it without an answer to anybody. */
  fruitless: number;
  /** When it came, monotonic ms. */
  readonly since: number;
  /** Why servers failed it; null: none so far, which is the rule. */
  failures: { upstream: Upstream; failure: Failure }[] | null;
  /** Makes an exchange for this server and asks it; `hedge`: because another one is late. */
  fly(upstream: Upstream, hedge?: boolean): Exchange;
  /** Whether another exchange of it may still bring an answer. */
  readonly flying: boolean;
  /** Nobody is left to ask. `why` names each server with its failure. */
  exhausted(why: string, failure: Failure): void;
}

/** Several servers that may answer the same questions, and the choice between them. */
export class Group {
  readonly upstreams: readonly Upstream[];

  #policy: Policy;
  #budget = new HedgeBudget();

  /** At most MAX_UPSTREAMS servers. */
  constructor(upstreams: readonly Upstream[], policy: PolicyMaker) {
    if (upstreams.length > MAX_UPSTREAMS)
      throw new RangeError(`a group has at most ${MAX_UPSTREAMS} servers`);
    this.upstreams = upstreams;
    this.#policy = policy(upstreams);
  }

  /** Asks the server that the policy picks, and perhaps a second one. */
  ask(inquiry: Inquiry): void {
    this.#budget.earn();
    const sound = this.#sound() & ~inquiry.failed;
    if (sound === 0) {
      this.#desperate(inquiry);
      return;
    }
    const first = this.#policy.pick(sound, inquiry);
    const second = this.#policy.companion(sound & ~(1 << first), inquiry);
    this.#fly(inquiry, first);
    if (second >= 0) this.#fly(inquiry, second);
  }

  /** The server that a question would go to by a policy that remembers nothing; null: none works. */
  preview(asked: Asked): Upstream | null {
    const sound = this.#sound();
    return sound === 0 ? null : this.upstreams[this.#policy.pick(sound, asked)]!;
  }

  /**
   * The answer is late: asks another server too, if there is one. False when the budget does not allow it; what is
   * `overdue` cannot wait for that, and later ones pay.
   */
  hedge(inquiry: Inquiry, overdue: boolean): boolean {
    const others = this.#sound() & ~inquiry.failed & ~inquiry.tried;
    if (others === 0) return true;
    if (overdue) this.#budget.owe();
    else if (!this.#budget.spend()) return false;
    const chosen = this.#policy.pick(others, inquiry);
    this.upstreams[chosen]!.counters.hedges++;
    this.#fly(inquiry, chosen, true);
    return true;
  }

  /**
   * The server's link went quiet, or does not open: asks another server, whatever the budget says, and where `again` is
   * true this one by a fresh link.
   */
  doubt(inquiry: Inquiry, upstream: Upstream, again: boolean): void {
    const others = this.#sound() & ~inquiry.failed & ~inquiry.tried;
    if (others !== 0) this.#fly(inquiry, this.#policy.pick(others, inquiry));
    if (again) inquiry.fly(upstream);
  }

  /** The server's answer is a poor one: asks one more for a better. False when there is none that has not been asked. */
  another(inquiry: Inquiry, upstream: Upstream): boolean {
    // Should the other one fail, this one need not be asked again.
    inquiry.failed |= this.#bit(upstream);
    const others = this.#sound() & ~inquiry.failed & ~inquiry.tried;
    if (others === 0) return false;
    this.#fly(inquiry, this.#policy.pick(others, inquiry));
    return true;
  }

  /** An exchange of it is lost: asks again, there or elsewhere, unless another one is still out. */
  again(inquiry: Inquiry, upstream: Upstream, failure: Failure, progress: boolean): void {
    // A server that answered others before it closed is well; asking it again is bounded by the client's deadline.
    const perhaps = ends.has(failure.kind) && (progress || ++inquiry.fruitless < MAX_FRUITLESS);
    // Nor is a connection that was tried before it came, and ran out of time under it, an attempt of its own.
    const borrowed = failure.kind === "timeout" && upstream.lastAttemptAt < inquiry.since;
    if (!perhaps && !borrowed) {
      inquiry.failed |= this.#bit(upstream);
      inquiry.failures ??= [];
      inquiry.failures.push({ upstream, failure });
    }
    if (!inquiry.flying) this.ask(inquiry);
  }

  #bit(upstream: Upstream): number {
    return 1 << this.upstreams.indexOf(upstream);
  }

  #fly(inquiry: Inquiry, index: number, hedge = false): void {
    inquiry.tried |= 1 << index;
    inquiry.fly(this.upstreams[index]!, hedge);
  }

  /** Bit mask of the servers that may be asked without a second thought. Those that failed are probed on the way. */
  #sound(): number {
    let mask = 0;
    for (let i = 0; i < this.upstreams.length; i++) {
      const upstream = this.upstreams[i]!;
      if (upstream.sound) mask |= 1 << i;
      else upstream.probe(performance.now());
    }
    return mask;
  }

  /** All are down: one that is being tried just now, or was not tried for a while, is worth the wait. */
  #desperate(inquiry: Inquiry): void {
    const now = performance.now();
    for (let left = (2 ** this.upstreams.length - 1) & ~inquiry.failed; left !== 0; left &= left - 1) {
      const index = lowest(left);
      const upstream = this.upstreams[index]!;
      if (!upstream.connected && now - upstream.lastAttemptAt <= FRESH) continue;
      this.#fly(inquiry, index);
      return;
    }
    const failures = this.upstreams.flatMap((upstream) => met(upstream, inquiry));
    const why = failures.map(({ upstream, failure }) => `${upstream.label}: ${failure.text}`).join("; ");
    inquiry.exhausted(why, failures[0]?.failure ?? { kind: "timeout", text: why });
  }
}

/** What a question has met at a server, else what is known against it. */
function met(upstream: Upstream, inquiry: Inquiry): { upstream: Upstream; failure: Failure }[] {
  const here = inquiry.failures?.find((one) => one.upstream === upstream)?.failure;
  const failure = upstream.blocked ?? here ?? upstream.lastFailure;
  return failure === null ? [] : [{ upstream, failure }];
}
