/** Hedges for each query: below one in twenty. */
const SHARE = 0.045;

/** Hedges that a start allows, before any query has earned one. */
const FIRST = 5;

/** Hedges that may be saved up: a server that goes dark makes all queries late at once, and they are worth it. */
const SAVED = 50;

/**
 * Bounds how many queries are asked twice. Without it a slow network would make every query two, and the network
 * slower. Each query earns a part of a hedge, so that of all queries since the start fewer than one in twenty are hedged,
 * from the thousandth on; before that, five at the most beyond it.
 */
export class HedgeBudget {
  #saved = FIRST;

  /** A query was asked. */
  earn(): void {
    this.#saved = Math.min(SAVED, this.#saved + SHARE);
  }

  /** Takes one hedge; false when there is none to take. */
  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }

  /** One was asked that could not wait for the budget: the next ones pay for it. */
  owe(): void {
    this.#saved = Math.max(-SAVED, this.#saved - 1);
  }
}
