import type { Exchange } from "./exchange.ts";
import type { Latency } from "./latency.ts";
import type { Link, LinkOwner } from "./link.ts";
import type { Links } from "./links.ts";
import { Probe } from "./probe.ts";
import type { RecordHabit } from "./record-habit.ts";
import { SUSPICIOUS, judge } from "./suspicion.ts";
import type { UpstreamCounters } from "./upstream-counters.ts";

/** How often links are looked at while somebody waits on them, in ms. */
const LOOK = 100;

/** A link that is not open after so long may never be, in ms: one round trip for TCP and one for TLS are needed. */
const SLOW_TO_OPEN = 500;

/** What the vigil is kept over, and who hears of it. */
export interface Watched {
  readonly links: Links;
  readonly records: RecordHabit;
  readonly latency: Latency;
  readonly counters: UpstreamCounters;
  /** Opens a link that is not among `links`. */
  readonly open: (owner: LinkOwner) => Link;
  /** A link went quiet that never answered. */
  onSilence(): void;
  /** Nobody waits for the server any more. */
  onIdle(): void;
}

/** Sees to it that nobody waits on a link which says nothing: the oldest query in flight decides whether a link lives. */
export class Vigil {
  /** A link went quiet, and no other has opened since; or one takes long to open. */
  doubtful = false;

  #over: Watched;
  #timer: NodeJS.Timeout | null = null;
  /** Sent on a link that was quiet. */
  #checked: Probe | null = null;

  constructor(over: Watched) {
    this.#over = over;
  }

  /** Hands an exchange to a link, and looks after it. `now`: monotonic ms. */
  hand(exchange: Exchange, link: Link, now: number): void {
    exchange.on = link;
    link.ask(exchange, now);
    if (this.#timer === null) this.#timer = setTimeout(this.#look, LOOK);
  }

  /** Runs only while somebody waits. */
  #look = (): void => {
    this.#timer = null;
    const now = performance.now();
    const { links } = this.#over;
    const { current } = links;
    if (current?.state === "connecting") this.#hurry(current, now);
    else if (current !== null && current.quietSince > 0) this.#listen(current, now - current.quietSince);
    for (const parting of links.parting) {
      if (parting.quietSince > 0 && now - parting.quietSince > SUSPICIOUS) this.#suspect(parting);
    }
    links.closeUnused();
    // Who asked again above may have set it already.
    if (links.load === 0) this.#over.onIdle();
    else if (this.#timer === null) this.#timer = setTimeout(this.#look, LOOK);
  };

  /** `quiet`: for how long somebody has been waiting on this link, ms. */
  #listen(link: Link, quiet: number): void {
    const { latency, records, counters, open } = this.#over;
    switch (judge(link, quiet, latency.quantile(0.9), records.isOpen)) {
      case "lagging":
        counters.connections++;
        records.suspect(open);
        this.#suspect(link);
        break;
      case "suspect":
        this.#suspect(link);
        break;
      case "check":
        this.#check(link);
        break;
      case "none":
        break;
    }
  }

  /** One that is slow to open may come to nothing: who waits for it, and who comes, should not meet that. */
  #hurry(link: Link, now: number): void {
    if (this.doubtful || now - this.#over.links.triedAt < SLOW_TO_OPEN) return;
    this.doubtful = true;
    for (const exchange of link.held()) exchange.doubted(false);
  }

  /** A name that takes its time must not be held against the link: what every server has at hand tells them apart. */
  #check(link: Link): void {
    if (this.#checked?.on === link && !this.#checked.over) return;
    this.#checked = new Probe();
    this.hand(this.#checked, link, performance.now());
  }

  /** Asks what the link holds again, on a fresh one and wherever else there is; the first answer counts. */
  #suspect(link: Link): void {
    const { links, counters } = this.#over;
    counters.suspected++;
    if (links.suspect(link)) this.doubtful = true;
    if (link.answered === 0) this.#over.onSilence();
    if (this.#checked?.on === link) {
      this.#checked.abandoned = true;
      link.abandon(this.#checked);
    }
    const held = link.held();
    if (held.some((exchange) => !(exchange instanceof Probe))) this.#beginAnew();
    // The oldest last: behind it the others would wait at a server that answers in the order in which it was asked.
    for (const exchange of held.toReversed()) if (!exchange.abandoned) exchange.doubted(true);
    // Nobody waits: whoever comes next makes a fresh one.
    if (links.current === null) this.doubtful = false;
  }

  /**
   * A fresh link begins with what every server has at hand. One that answers in order, which RFC 7766 section 6.2.1.1 asks
   * it not to, is quiet behind a slow name, on each link anew; that it lives shows before that name is asked again.
   */
  #beginAnew(): void {
    const { links } = this.#over;
    const fresh = links.current === null ? links.connect() : null;
    if (fresh !== null) this.hand(new Probe(), fresh, performance.now());
  }
}
