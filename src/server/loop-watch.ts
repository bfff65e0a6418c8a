import type { Log } from "../observe/log.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { type LoopEvents, type LoopQuestion, LoopProbe } from "../resolve/loop-probe.ts";
import type { ProbeBoard } from "../resolve/probe-board.ts";
import type { Stage } from "../resolve/stage.ts";
import { Exchange } from "../upstream/exchange.ts";
import { queryLength, writeQuery } from "../upstream/query-writer.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** How often servers that were asked since are probed, in ms. A server that nobody asks is left alone. */
const INTERVAL = 60_000;

/**
 * Looks for servers that lead back to us, and keeps them from being asked until they no longer do. As a stage it sees the
 * probes that come back.
 */
export class LoopWatch implements Stage {
  #probe: LoopProbe<Upstream>;
  #answers = new WeakMap<Upstream, number>();
  #watched: readonly Upstream[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `board`: that of all threads; null when this is the only one. */
  constructor(log: Log, board: ProbeBoard | null) {
    const events: LoopEvents<Upstream> = {
      onLoop: (upstream) => {
        upstream.counters.tally.looped();
        upstream.blocked = { kind: "loop", text: "it sends our questions back to us" };
        log.error(`upstream ${upstream.label} leads back to dotls: it is not asked any more`, {
          upstream: upstream.label,
        });
      },
      onLoopGone: (upstream) => {
        upstream.blocked = null;
        log.info(`upstream ${upstream.label} no longer leads back to dotls`, { upstream: upstream.label });
      },
    };
    this.#probe = board === null ? new LoopProbe(events) : new LoopProbe(events, board);
  }

  enter(query: ClientQuery): number {
    return this.#probe.enter(query);
  }

  /** The servers that are looked at from now on; those that are over are forgotten. */
  watch(upstreams: readonly Upstream[]): void {
    for (const upstream of this.#watched) if (!upstreams.includes(upstream)) this.#probe.forget(upstream);
    this.#watched = [...upstreams];
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), INTERVAL);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Probes each server that has answered since it was last looked at, and those that are known for loops. */
  look(): void {
    for (const upstream of this.#watched) {
      const { answers } = upstream.counters;
      const known = this.#probe.isLoop(upstream);
      if (!known && answers === (this.#answers.get(upstream) ?? 0)) continue;
      this.#answers.set(upstream, answers + 1);
      upstream.ask(
        new LoopExchange(this.#probe.question(upstream), (answered) => this.#probe.over(upstream, answered)),
      );
    }
  }
}

/** A probe on its way. */
class LoopExchange extends Exchange {
  readonly question: Uint8Array;
  readonly questionEnd: number;
  #asked: LoopQuestion;
  #over: (answered: boolean) => void;

  constructor(asked: LoopQuestion, over: (answered: boolean) => void) {
    super();
    this.question = asked.bytes;
    this.questionEnd = asked.questionEnd;
    this.#asked = asked;
    this.#over = over;
  }

  length(form: number): number {
    return queryLength(this.#asked, form, true);
  }

  write(out: Buffer, at: number, form: number): void {
    writeQuery(this.#asked, out, at, form, true);
  }

  answered(): boolean {
    this.#over(true);
    return true;
  }

  doubted(): void {
    // The next look asks again.
  }

  lost(): void {
    this.#over(false);
  }
}
