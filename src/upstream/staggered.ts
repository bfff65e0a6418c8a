import type { Failure, FailureKind } from "./failure.ts";

/** Hears what becomes of one attempt: exactly one of the two, once, unless the attempt is cancelled. */
export interface Attempt<Won> {
  onWon(won: Won): void;
  onFailure(failure: Failure): void;
}

/** An item that was tried and failed. */
export interface Failed<Item> {
  readonly item: Item;
  readonly failure: Failure;
}

export interface StaggeredOptions<Item, Won> {
  /** How long an attempt has before the next one begins beside it, in ms. */
  readonly delay: number;
  /** Begins an attempt; gives the function that ends it without a word. */
  start(item: Item, attempt: Attempt<Won>): () => void;
  /** The first that succeeded; all others are cancelled already. */
  onWon(won: Won, item: Item): void;
  /** Every item failed, and there will be no more. */
  onLost(failures: readonly Failed<Item>[]): void;
}

/**
 * Tries one item after the other, each a little after the one before or as soon as that fails, until one succeeds: the way
 * of RFC 8305 section 5 with addresses. Items may come while it runs.
 */
export class Staggered<Item, Won> {
  #options: StaggeredOptions<Item, Won>;
  #queue: Item[] = [];
  #running = new Map<Item, () => void>();
  #failed: Failed<Item>[] = [];
  #timer: NodeJS.Timeout | null = null;
  #complete = false;
  /** Won, lost or cancelled. */
  over = false;

  constructor(options: StaggeredOptions<Item, Won>) {
    this.#options = options;
  }

  /** Puts items at the end of what is to be tried; each must be one that was not there yet. */
  add(items: readonly Item[]): void {
    if (this.over) return;
    this.#queue.push(...items);
    if (this.#timer === null) this.#next();
  }

  /** No more items will come: when those that are there have failed, it is lost. */
  end(): void {
    this.#complete = true;
    this.#settle();
  }

  /** Ends all attempts. Nothing is called any more. */
  cancel(): void {
    this.#stop();
    for (const end of this.#running.values()) end();
    this.#running.clear();
  }

  #next(): void {
    if (this.over) return;
    const item = this.#queue.shift();
    if (item === undefined) {
      this.#settle();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#next();
    }, this.#options.delay);
    let done = false;
    const end = this.#options.start(item, {
      onWon: (won) => {
        if (done || this.over) return;
        done = true;
        this.#running.delete(item);
        this.cancel();
        this.#options.onWon(won, item);
      },
      onFailure: (failure) => {
        if (done || this.over) return;
        done = true;
        this.#running.delete(item);
        this.#failed.push({ item, failure });
        this.#stopTimer();
        this.#next();
      },
    });
    if (!done && !this.over) this.#running.set(item, end);
  }

  #settle(): void {
    if (this.over || !this.#complete || this.#queue.length > 0 || this.#running.size > 0) return;
    this.#stop();
    this.#options.onLost(this.#failed);
  }

  #stop(): void {
    this.over = true;
    this.#stopTimer();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** The kinds by how much was reached before things went wrong, the most first: that is the one to do something about. */
const telling: readonly FailureKind[] = [
  "pin",
  "name",
  "clock",
  "untrusted",
  "tls",
  "closed",
  "timeout",
  "refused",
];

/**
 * One failure out of several: of the kind that tells the most, its text names each label with its reason, those that have
 * the same reason together. `failures` is not empty.
 */
export function jointFailure(
  failures: readonly { readonly label: string; readonly failure: Failure }[],
): Failure {
  const labels = new Map<string, string[]>();
  for (const { label, failure } of failures) {
    labels.set(failure.text, [...(labels.get(failure.text) ?? []), label]);
  }
  const text = [...labels].map(([reason, names]) => `${names.join(", ")}: ${reason}`).join("; ");
  const rank = ({ kind }: Failure): number =>
    (telling.indexOf(kind) + telling.length + 1) % (telling.length + 1);
  const [first] = failures.map(({ failure }) => failure).sort((a, b) => rank(a) - rank(b));
  return { kind: first?.kind ?? "unreachable", text };
}
