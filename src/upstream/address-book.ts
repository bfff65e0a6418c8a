import { inOrder, familyOf } from "./address-book-order.ts";
import { Refresh, refreshAfter } from "./address-book-refresh.ts";
import type { AddressStore, KeptAddresses } from "./address-store.ts";
import type { Family, Found } from "./bootstrap-answer.ts";
import { type Failure, lacksRoute } from "./failure.ts";
import type { Whereabouts } from "./race-dial.ts";

/** How long the first family of addresses waits for the other one, in ms (RFC 8305 section 3). */
const RESOLUTION_DELAY = 50;

/** When resolvers fail while addresses are known, they are asked again after this time, in ms. */
const RETRY = 60_000;

/** When all addresses fail, new ones are looked for, but not sooner than so long after the last time, in ms. */
const DOUBT = 5000;

/** Addresses on disk that are older than this, in ms, are used only when nothing else is there. */
const OLD = 30 * 24 * 3600 * 1000;

/** What is on disk is written anew after this time though it is the same, in ms, so that it does not grow old. */
const WRITE_AGAIN = 24 * 3600 * 1000;

const NONE: Failure = { kind: "bootstrap", text: "it has no address" };
const NOT_YET: Failure = { kind: "timeout", text: "no answer yet" };

/** Who finds the addresses of a name: a Bootstrap. */
export interface AddressFinder {
  lookup(name: string, family: Family, signal: AbortSignal): Promise<Found | Failure>;
}

/**
 * Where an upstream is that is known by name. Its addresses are looked up when they are first needed, again in the
 * background while they are used, and kept on disk. Resolvers that fail take nothing away: the last known ones stay.
 */
export class AddressBook implements Whereabouts {
  readonly name: string;
  #finder: AddressFinder;
  #store: AddressStore | null;
  #refresh: Refresh;
  #known = new Map<Family, readonly string[]>([
    [4, []],
    [6, []],
  ]);
  #good: string | null = null;
  /** Families that this host has no way to, as far as has been seen since the network last changed. */
  #unrouted = new Set<Family>();
  /** Addresses on disk that are too old to be used first. */
  #old: readonly string[] = [];
  #failure: Failure = NOT_YET;
  #arrived: () => void = () => {};
  #arrival: Promise<void> = Promise.resolve();

  /** `store`: where addresses are kept; null: nowhere. */
  constructor(name: string, finder: AddressFinder, store: AddressStore | null) {
    this.name = name;
    this.#finder = finder;
    this.#store = store;
    this.#refresh = new Refresh((signal) => this.#look(signal));
    const kept = store?.get(name);
    if (kept === undefined) return;
    if (Date.now() - kept.at <= OLD) this.#take(kept.addresses);
    else this.#old = kept.addresses;
  }

  /** The addresses that are known now, in the order in which they are to be tried. */
  addresses(): readonly string[] {
    return inOrder([...this.#known.get(6)!, ...this.#known.get(4)!], this.#good, this.#unrouted);
  }

  /** The one to name to people: the one that last worked, else the first; null: none is known. */
  get current(): string | null {
    return this.#good ?? this.addresses()[0] ?? null;
  }

  get reason(): Failure {
    const { kind, text } = this.#failure;
    return {
      kind: kind === "timeout" ? "timeout" : "bootstrap",
      text: `the address of ${this.name} could not be found: ${text}`,
    };
  }

  places(): readonly string[] {
    this.#refresh.use();
    return this.addresses();
  }

  async ready(): Promise<void> {
    this.#refresh.use();
    if (this.addresses().length === 0) await Promise.race([this.#arrival, this.#refresh.settled()]);
  }

  settled(): Promise<void> {
    return this.#refresh.settled();
  }

  opened(address: string): void {
    this.#good = address;
  }

  failed(address: string, failure: Failure): void {
    if (lacksRoute(failure)) this.#unrouted.add(familyOf(address));
  }

  lost(): void {
    this.#refresh.hasten(DOUBT);
  }

  /** The network changed: routes may be there that were not, and the name may have other addresses here. */
  renew(): void {
    this.#unrouted.clear();
    this.#refresh.renew();
  }

  /** Looks up nothing any more. */
  stop(): void {
    this.#refresh.stop();
  }

  async #look(signal: AbortSignal): Promise<number> {
    let waiting: NodeJS.Timeout | undefined;
    this.#arrival = new Promise((resolve) => {
      this.#arrived = resolve;
    });
    const arrived = this.#arrived;
    const find = async (family: Family): Promise<Found | Failure> => {
      const found = await this.#finder.lookup(this.name, family, signal);
      if (signal.aborted || "kind" in found || found.addresses.length === 0) return found;
      this.#known.set(family, found.addresses);
      if (family === 6) arrived();
      else waiting = setTimeout(arrived, RESOLUTION_DELAY);
      return found;
    };
    const [six, four] = await Promise.all([find(6), find(4)]);
    clearTimeout(waiting);
    arrived();
    return signal.aborted ? 0 : this.#found(six, four);
  }

  /** Gives after how many ms it is to be looked up again. */
  #found(six: Found | Failure, four: Found | Failure): number {
    const both = [six, four].filter((found): found is Found => !("kind" in found));
    const some = both.filter(({ addresses }) => addresses.length > 0);
    if (some.length === 0) {
      this.#failure = "kind" in four ? four : "kind" in six ? six : NONE;
      if (this.addresses().length === 0) this.#take(this.#old);
      return this.addresses().length === 0 ? 0 : RETRY;
    }
    this.#old = [];
    // That there is nothing of a family is an answer too, as long as there is something of the other.
    if (!("kind" in six)) this.#known.set(6, six.addresses);
    if (!("kind" in four)) this.#known.set(4, four.addresses);
    this.#keep();
    return refreshAfter(both.length === 2 ? Math.min(...some.map(({ ttl }) => ttl)) : 0);
  }

  #keep(): void {
    if (this.#store === null) return;
    const now = Date.now();
    const addresses = this.addresses();
    const kept = this.#store.get(this.name);
    if (kept !== undefined && now - kept.at < WRITE_AGAIN && isSame(kept, addresses)) return;
    this.#store.put(this.name, { at: now, addresses });
  }

  #take(addresses: readonly string[]): void {
    for (const family of [4, 6] as const) {
      this.#known.set(
        family,
        addresses.filter((address) => familyOf(address) === family),
      );
    }
    this.#good = addresses[0] ?? null;
  }
}

/** Whether the order changed is no matter. */
function isSame({ addresses }: KeptAddresses, others: readonly string[]): boolean {
  return addresses.length === others.length && others.every((address) => addresses.includes(address));
}
