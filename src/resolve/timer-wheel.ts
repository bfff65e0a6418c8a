/** How fine the wheel is, in ms: an answer that is called late a little later than it is does no harm. */
const TICK = 8;

/** Slots; times further off than the wheel is round go into the last one and are looked at again there. */
const SLOTS = 128;

/** Something that is to happen at a time, unless it is taken out before. Its neighbours belong to the wheel. */
export interface WheelEntry {
  /** When, monotonic ms. */
  dueAt: number;
  /** The slot it is in; -1: in none. */
  slot: number;
  before: WheelEntry | null;
  after: WheelEntry | null;
  /** Called once it is due; it is out of the wheel then and may be put in again. */
  due(now: number): void;
}

/**
 * Many short timers of different lengths, of which nearly all are taken out before they are due: both cost a few writes. One
 * timer of Node serves all, set for the slot that is next: at a moderate load it finds nothing, and each time it wakes up
 * the process.
 */
export class TimerWheel {
  #slots: (WheelEntry | null)[] = Array.from({ length: SLOTS }, () => null);
  #size = 0;
  /** The tick up to which slots are empty, and the one for which the timer is set. */
  #at = 0;
  #wakeAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #turning = false;

  /** Puts an entry in; `dueAt` says when. */
  add(entry: WheelEntry, now: number): void {
    if (this.#timer === null && !this.#turning) this.#at = Math.floor(now / TICK);
    const ahead = Math.ceil(entry.dueAt / TICK) - this.#at;
    const tick = this.#at + Math.min(SLOTS - 1, Math.max(1, ahead));
    const slot = tick % SLOTS;
    const first = this.#slots[slot] ?? null;
    entry.slot = slot;
    entry.before = null;
    entry.after = first;
    if (first !== null) first.before = entry;
    this.#slots[slot] = entry;
    this.#size++;
    if (!this.#turning && (this.#timer === null || tick < this.#wakeAt)) this.#wake(tick, now);
  }

  /** Takes an entry out; nothing happens when it is in no slot. */
  remove(entry: WheelEntry): void {
    if (entry.slot < 0) return;
    const { before, after } = entry;
    if (before === null) this.#slots[entry.slot] = after;
    else before.after = after;
    if (after !== null) after.before = before;
    entry.slot = -1;
    entry.before = null;
    entry.after = null;
    this.#size--;
  }

  #wake(tick: number, now: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#wakeAt = tick;
    this.#timer = setTimeout(this.#turn, Math.max(1, Math.ceil(tick * TICK - now)));
  }

  /** What is due may put itself in again: the timer is set when all have had their turn. */
  #turn = (): void => {
    const now = performance.now();
    this.#timer = null;
    this.#turning = true;
    const until = Math.floor(now / TICK);
    for (let steps = 0; this.#at < until && steps < SLOTS; steps++) {
      this.#at++;
      this.#empty(this.#at % SLOTS, now);
    }
    this.#at = until;
    this.#turning = false;
    if (this.#size > 0) this.#wake(this.#next(), now);
  };

  /** The tick of the first slot that is not empty, when there is one. */
  #next(): number {
    let tick = this.#at + 1;
    while (this.#slots[tick % SLOTS] === null) tick++;
    return tick;
  }

  /** Nothing is added to this slot meanwhile: `add` begins with the next one and ends before this one comes round. */
  #empty(slot: number, now: number): void {
    for (let entry = this.#slots[slot] ?? null; entry !== null; entry = this.#slots[slot] ?? null) {
      this.remove(entry);
      if (entry.dueAt <= now + TICK) entry.due(now);
      else this.add(entry, now);
    }
  }
}
