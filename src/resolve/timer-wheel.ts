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

/** Many short timers of different lengths, of which nearly all are taken out before they are due: both cost a few writes. */
export class TimerWheel {
  #slots: (WheelEntry | null)[] = Array.from({ length: SLOTS }, () => null);
  #size = 0;
  #at = 0;
  #timer: NodeJS.Timeout | null = null;

  /** Puts an entry in; `dueAt` says when. */
  add(entry: WheelEntry, now: number): void {
    if (this.#timer === null) {
      this.#at = Math.floor(now / TICK);
      this.#timer = setTimeout(this.#turn, TICK);
    }
    const ahead = Math.ceil(entry.dueAt / TICK) - this.#at;
    const slot = (this.#at + Math.min(SLOTS - 1, Math.max(1, ahead))) % SLOTS;
    const first = this.#slots[slot] ?? null;
    entry.slot = slot;
    entry.before = null;
    entry.after = first;
    if (first !== null) first.before = entry;
    this.#slots[slot] = entry;
    this.#size++;
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

  /** The timer stays set until the end, as what is due may put itself in again: the wheel must not start anew then. */
  #turn = (): void => {
    const now = performance.now();
    const until = Math.floor(now / TICK);
    for (let steps = 0; this.#at < until && steps < SLOTS; steps++) {
      this.#at++;
      this.#empty(this.#at % SLOTS, now);
    }
    this.#at = until;
    this.#timer = this.#size > 0 ? setTimeout(this.#turn, TICK) : null;
  };

  /** Nothing is added to this slot meanwhile: `add` begins with the next one and ends before this one comes round. */
  #empty(slot: number, now: number): void {
    for (let entry = this.#slots[slot] ?? null; entry !== null; entry = this.#slots[slot] ?? null) {
      this.remove(entry);
      if (entry.dueAt <= now + TICK) entry.due(now);
      else this.add(entry, now);
    }
  }
}
