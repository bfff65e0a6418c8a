import type { Failure } from "./failure.ts";
import type { Link, LinkOwner } from "./link.ts";
import { Probe } from "./probe.ts";

/** How long the second of two easy answers may take, ms, connecting included. */
const PATIENCE = 3000;

/**
 * Finds out whether a server reads all queries of a TLS record: asks two that every server has at hand in one record, on a
 * link of its own. What looked as if it read only one may just have been busy with a name that takes its time.
 */
export class RecordTrial implements LinkOwner {
  readonly singly = false;
  #link: Link;
  #timer: NodeJS.Timeout;
  #onDrained: () => void;

  /** `onDrained` is called at most once, when both were answered. */
  constructor(open: (owner: LinkOwner) => Link, onDrained: () => void) {
    this.#onDrained = onDrained;
    this.#timer = setTimeout(() => this.stop(), PATIENCE);
    this.#timer.unref();
    this.#link = open(this);
    const now = performance.now();
    for (const probe of [new Probe(), new Probe()]) this.#link.ask(probe, now);
  }

  /** Ends it; the server is left in the suspicion it was in. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#link.close();
  }

  onDrained(): void {
    this.stop();
    this.#onDrained();
  }

  onEnd(_link: Link, _failure: Failure): void {
    clearTimeout(this.#timer);
  }

  onOpen(): void {
    // The probes are on their way.
  }

  onAnswer(): void {
    // The connection says when both have been answered.
  }

  onMismatch(): void {
    // Nothing is learned from it.
  }
}
