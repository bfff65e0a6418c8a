import { networkInterfaces } from "node:os";

/** How often it looks, in ms. */
const INTERVAL = 1000;

/** The wall clock may move so far against the monotonic one before it means something, in ms: NTP steps are smaller. */
const JUMP = 5000;

/** A timer that comes so late, in ms, was held up by more than a busy machine: the machine, or the process, slept. */
const GAP = 4000;

/** What changed under us. */
export type Change = "wake-up" | "clock" | "network";

/** The clocks and the view of the network that are watched; tests bring their own. */
export interface Surroundings {
  /** Milliseconds that stand still while the machine sleeps, on Linux. */
  monotonic(): number;
  /** Milliseconds since 1970. */
  wall(): number;
  /** Something that is equal for equal addresses; null: the system has no room to say (it takes a socket). */
  addresses(): string | null;
}

export const realSurroundings: Surroundings = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  addresses: () => {
    try {
      return Object.entries(networkInterfaces())
        .flatMap(([name, entries]) =>
          (entries ?? []).map(({ cidr, address }) => `${name} ${cidr ?? address}`),
        )
        .sort()
        .join("\n");
    } catch {
      return null;
    }
  },
};

/**
 * Notices that the machine slept, that its clock was set, or that its addresses changed. Connections made before are
 * then worth nothing, though no packet says so, and what was learned of servers being down is about another network.
 */
export class ChangeWatch {
  #surroundings: Surroundings;
  #onChange: (change: Change) => void;
  #timer: NodeJS.Timeout;
  #monotonic: number;
  #wall: number;
  #addresses: string | null;

  constructor(onChange: (change: Change) => void, surroundings: Surroundings = realSurroundings) {
    this.#onChange = onChange;
    this.#surroundings = surroundings;
    this.#monotonic = surroundings.monotonic();
    this.#wall = surroundings.wall();
    this.#addresses = surroundings.addresses();
    this.#timer = setInterval(() => this.#look(), INTERVAL);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const monotonic = this.#surroundings.monotonic();
    const wall = this.#surroundings.wall();
    // What is not known has not changed.
    const addresses = this.#surroundings.addresses() ?? this.#addresses;
    const passed = monotonic - this.#monotonic;
    const drift = wall - this.#wall - passed;
    const moved = this.#addresses !== null && addresses !== this.#addresses;
    this.#monotonic = monotonic;
    this.#wall = wall;
    this.#addresses = addresses;
    // Sleep makes the wall clock jump ahead where the monotonic one stands still, and both where it does not.
    if (drift > JUMP || passed > INTERVAL + GAP) this.#onChange("wake-up");
    else if (drift < -JUMP) this.#onChange("clock");
    else if (moved) this.#onChange("network");
  }
}
