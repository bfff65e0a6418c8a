import { formatDuration } from "../config/duration.ts";
import { DotlsError } from "../errors.ts";
import type { BypassStatus } from "./status.ts";

/** How often an open bypass looks at the clocks, in ms. */
const TICK = 1000;

/** For how long it can be opened at the least, in ms. */
const LEAST = 1000;

/** What the configuration says of it. */
export interface BypassLimits {
  /** Whether the configuration allows it. */
  readonly enabled: boolean;
  /** For how long it can be opened at the most, in ms. */
  readonly most: number;
}

/** What it does, and where it leads. */
export interface BypassEvents {
  /** Finds the plain resolvers of the network: IP addresses. */
  readonly find: () => readonly string[];
  /** It is open from now on, through these; called again when it is opened while it is open. */
  readonly onOpen: (window: BypassWindow) => void;
  /** It is closed from now on; `why` says by whom, in words. */
  readonly onClose: (why: string) => void;
  readonly clocks?: BypassClocks;
}

export type BypassOptions = BypassLimits & BypassEvents;

/** A time in which queries leave unencrypted. */
export interface BypassWindow {
  /** Wall clock, ms. */
  readonly since: number;
  readonly until: number;
  /** Who opened it, as he says himself. */
  readonly by: string;
  readonly resolvers: readonly string[];
}

export interface BypassClocks {
  /** Monotonic ms. */
  now(): number;
  /** Wall clock, ms. */
  wall(): number;
}

const SYSTEM: BypassClocks = { now: () => performance.now(), wall: () => Date.now() };

/**
 * The way around encryption, for networks that let nobody out before he has logged in: closed, opened by hand for a time
 * that has an end, closed again by itself. Nothing else opens it.
 */
export class Bypass {
  #limits: BypassLimits;
  #events: BypassEvents;
  #clocks: BypassClocks;
  #window: BypassWindow | null = null;
  /** Monotonic end of the window. */
  #end = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ enabled, most, ...events }: BypassOptions) {
    this.#limits = { enabled, most };
    this.#events = events;
    this.#clocks = events.clocks ?? SYSTEM;
  }

  /** The configuration says something else of it. One that is open stays open for its time, unless there is to be none. */
  allow(limits: BypassLimits): void {
    this.#limits = limits;
    if (!limits.enabled) this.close("the configuration does not allow it any more");
  }

  /**
   * Opens it for `duration` ms from now, in place of a window that is open already.
   * Throws DotlsError (ERR_DOTLS_BYPASS) when it is not enabled, too long, or the network named no resolver.
   */
  open(duration: number, by: string): void {
    const { enabled, most } = this.#limits;
    const { find, onOpen } = this.#events;
    if (!enabled) throw refused("the configuration does not allow it (bypass.enabled)");
    if (duration < LEAST || duration > most) {
      throw refused(`it can be opened for ${formatDuration(LEAST)} to ${formatDuration(most)} (bypass.most)`);
    }
    const resolvers = find();
    if (resolvers.length === 0) throw refused("the network named no resolver but this host");
    const since = this.#clocks.wall();
    this.#window = { since, until: since + duration, by, resolvers };
    this.#end = this.#clocks.now() + duration;
    clearTimeout(this.#timer);
    this.#wait();
    onOpen(this.#window);
  }

  /** Closes it, if it is open; `why` is for the log. */
  close(why: string): void {
    if (this.#window === null) return;
    this.#window = null;
    clearTimeout(this.#timer);
    this.#events.onClose(why);
  }

  /** How it is at this moment. */
  status(): BypassStatus {
    this.#check();
    const window = this.#window;
    return {
      enabled: this.#limits.enabled,
      open: window && {
        since: new Date(window.since).toISOString(),
        until: new Date(window.until).toISOString(),
        by: window.by,
        resolvers: window.resolvers,
      },
    };
  }

  /**
   * Whichever clock comes first ends it: the monotonic one stands still while a machine sleeps, and the other may be set
   * back. A timer for the whole time would sleep along.
   */
  #check(): void {
    if (this.#window === null) return;
    if (this.#left(this.#window) <= 0) this.close("its time is over");
  }

  #left({ until }: BypassWindow): number {
    return Math.min(this.#end - this.#clocks.now(), until - this.#clocks.wall());
  }

  #wait(): void {
    if (this.#window === null) return;
    const pause = Math.min(Math.max(this.#left(this.#window), 1), TICK);
    this.#timer = setTimeout(() => {
      this.#check();
      this.#wait();
    }, pause);
    this.#timer.unref();
  }
}

function refused(reason: string): DotlsError {
  return new DotlsError("ERR_DOTLS_BYPASS", `the bypass stays closed: ${reason}`);
}
