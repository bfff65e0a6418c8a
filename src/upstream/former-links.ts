import type { Link } from "./link.ts";

/** Suspected links that are kept, in the hope that they answer after all. */
const MAX_SUSPECTS = 2;

/** Links that wait for their last answers, at the most. */
const MAX_PARTING = 4;

/** The links of one server that get no new questions: those that fell quiet, those it wants to be rid of, and full ones. */
export class FormerLinks {
  /** The newest last. */
  #suspects: Link[] = [];
  #parting: Link[] = [];

  /** Exchanges that wait on them. */
  get load(): number {
    let sum = 0;
    for (const link of this.#suspects) sum += link.load;
    for (const link of this.#parting) sum += link.load;
    return sum;
  }

  /** How many of them fell quiet. */
  get suspects(): number {
    return this.#suspects.length;
  }

  /** How many there are. */
  get size(): number {
    return this.#suspects.length + this.#parting.length;
  }

  /** Those that wait for their last answers, as they may get no more questions. */
  get parting(): readonly Link[] {
    return this.#parting;
  }

  /** Takes one that fell quiet; beyond a few, the oldest is closed. */
  suspect(link: Link): void {
    this.drop(link);
    this.#suspects.push(link);
    if (this.#suspects.length > MAX_SUSPECTS) this.#suspects.shift()?.close();
  }

  /** Takes one that is left to the questions it has; beyond a few, the oldest is closed. */
  part(link: Link): void {
    this.drop(link);
    this.#parting.push(link);
    if (this.#parting.length > MAX_PARTING) this.#parting.shift()?.close();
  }

  /** Forgets a link that is over. */
  drop(link: Link): void {
    if (this.size === 0) return;
    this.#suspects = this.#suspects.filter((one) => one !== link);
    this.#parting = this.#parting.filter((one) => one !== link);
  }

  /** Gives back a suspected link that answers after all. False when it was none. */
  takeBack(link: Link): boolean {
    if (!this.#suspects.includes(link)) return false;
    this.drop(link);
    return true;
  }

  /** Closes those on which nobody waits. */
  closeUnused(): void {
    for (const link of [...this.#suspects, ...this.#parting]) {
      if (link.load > 0) continue;
      this.drop(link);
      link.close();
    }
  }

  /** Closes all. */
  close(): void {
    const links = [...this.#suspects, ...this.#parting];
    this.#suspects = [];
    this.#parting = [];
    for (const link of links) link.close();
  }
}
