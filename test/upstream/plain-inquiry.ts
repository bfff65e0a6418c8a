import { until } from "../support/scripted-upstream/fixture.ts";
import type { Exchange } from "../../src/upstream/exchange.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import type { Group, Inquiry } from "../../src/upstream/group.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";
import { makeQuery } from "../support/dot-client.ts";
import { PlainExchange } from "./plain-exchange.ts";

/** A question on its way through a group, without deadline: `end` is `answered by LABEL` or `exhausted …`. */
export class PlainInquiry implements Inquiry {
  failed = 0;
  tried = 0;
  fruitless = 0;
  readonly since = performance.now();
  failures: { upstream: Upstream; failure: Failure }[] | null = null;
  readonly question: Uint8Array;
  readonly questionEnd: number;
  /** The labels of the servers that were asked, in order. */
  readonly asked: string[] = [];
  end: string | null = null;
  #name: string;
  #group: Group;
  #out = new Map<Exchange, Upstream>();

  constructor(name: string, group: Group) {
    this.question = makeQuery(name);
    this.questionEnd = this.question.length;
    this.#name = name;
    this.#group = group;
  }

  get flying(): boolean {
    return this.#out.size > 0;
  }

  fly(upstream: Upstream): Exchange {
    const exchange = new PlainExchange(this.#name);
    this.asked.push(upstream.label);
    this.#out.set(exchange, upstream);
    exchange.onAnswered = () => {
      this.#out.delete(exchange);
      this.#finish(`answered by ${upstream.label}`);
    };
    exchange.onLost = (failure, progress) => {
      this.#out.delete(exchange);
      this.#group.again(this, upstream, failure, progress);
    };
    exchange.onDoubted = (again) => this.#group.doubt(this, upstream, again);
    upstream.ask(exchange);
    return exchange;
  }

  exhausted(why: string): void {
    this.#finish(`exhausted ${why}`);
  }

  /** Asks, and gives how it ended. */
  async run(): Promise<string> {
    this.#group.ask(this);
    await until(() => this.end !== null);
    return this.end!;
  }

  #finish(end: string): void {
    if (this.end !== null) throw new Error(`ended twice: ${this.end}, ${end}`);
    this.end = end;
    for (const [exchange, upstream] of this.#out) upstream.abandon(exchange);
    this.#out.clear();
  }
}
