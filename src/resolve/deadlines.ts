/** Something that must be over by a time. Its neighbours belong to the queue it stands in. */
export interface Timed {
  /** Monotonic ms. */
  deadline: number;
  earlier: Timed | null;
  later: Timed | null;
  /** Called once, when it was not removed in time. */
  expire(): void;
}

/**
 * Everything that waits, ordered by deadline. All wait equally long, so the order is that of arrival, and joining and
 * leaving cost the same however many there are. One timer serves all; it looks at the first.
 */
export class Deadlines {
  size = 0;

  #first: Timed | null = null;
  #last: Timed | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** Puts it at the end; its deadline must not be before that of those already there. */
  add(one: Timed): void {
    one.earlier = this.#last;
    one.later = null;
    if (this.#last === null) this.#first = one;
    else this.#last.later = one;
    this.#last = one;
    this.size++;
    if (this.#timer === null) this.#arm();
  }

  /** Takes it out again; it must be in. */
  remove(one: Timed): void {
    const { earlier, later } = one;
    if (earlier === null) this.#first = later;
    else earlier.later = later;
    if (later === null) this.#last = earlier;
    else later.earlier = earlier;
    one.earlier = null;
    one.later = null;
    this.size--;
  }

  /** The one that has waited longest; null when none does. */
  get first(): Timed | null {
    return this.#first;
  }

  /** Removes and expires all, for a server that stops. */
  expireAll(): void {
    while (this.#first !== null) this.#expireFirst();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    if (this.#first === null) return;
    // The timer stays when the first is answered: it then finds out and is set anew, once for many queries.
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, this.#first.deadline - performance.now()));
  }

  #tick(): void {
    this.#timer = null;
    // A timer may come a fraction of a millisecond early.
    const now = performance.now() + 1;
    while (this.#first !== null && this.#first.deadline <= now) this.#expireFirst();
    this.#arm();
  }

  #expireFirst(): void {
    const first = this.#first;
    if (first === null) return;
    this.remove(first);
    first.expire();
  }
}
