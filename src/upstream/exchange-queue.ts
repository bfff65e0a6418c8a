import type { Exchange } from "./exchange.ts";
import type { Failure } from "./failure.ts";

/** So many may wait at the most; beyond it the one that has waited longest is lost at once. */
const MOST = 4000;

/** Abandoned ones are let go in runs of at least so many. */
const LEFT = 1000;

const CROWDED: Failure = { kind: "busy", text: "too many queries wait to be sent" };

/** Exchanges that a link has taken and cannot send yet, the oldest first. Bounded, whatever the clients do. */
export class ExchangeQueue {
  #list: Exchange[] = [];
  /** How many of #list are abandoned. */
  #left = 0;

  /** How many there are that somebody waits for. */
  get load(): number {
    return this.#list.length - this.#left;
  }

  /** Puts one at the end. It may lose the oldest one within this call. */
  push(exchange: Exchange): void {
    this.#list.push(exchange);
    if (this.load > MOST) this.shift()?.lost(CROWDED, false);
  }

  /** Puts one back to the front. */
  unshift(exchange: Exchange): void {
    this.#list.unshift(exchange);
  }

  /** The oldest that somebody waits for. */
  first(): Exchange | undefined {
    let abandoned = 0;
    while (this.#list[abandoned]?.abandoned === true) abandoned++;
    if (abandoned > 0) this.#list.splice(0, abandoned);
    this.#left -= abandoned;
    return this.#list[0];
  }

  /** Takes the oldest that somebody waits for. */
  shift(): Exchange | undefined {
    const first = this.first();
    if (first !== undefined) this.#list.shift();
    return first;
  }

  /** One of them was abandoned. A flood that meets a server which takes seconds to connect must not be kept until then. */
  leave(): void {
    this.#left++;
    if (this.#left < LEFT || this.#left * 2 < this.#list.length) return;
    this.#list = this.waiting();
    this.#left = 0;
  }

  /** Those that somebody waits for. */
  waiting(): Exchange[] {
    return this.#list.filter((exchange) => !exchange.abandoned);
  }

  /** Takes them all. */
  drain(): Exchange[] {
    const all = this.waiting();
    this.#list = [];
    this.#left = 0;
    return all;
  }
}
