/** Who holds links, and can do without one on which nothing goes on. */
export interface LinkHolder {
  /** How many it has, those that are being made and those that wait for their last answers included. */
  readonly links: number;
  /** Since when nobody waits on its link, monotonic ms; infinity: it has none, or it is in use. */
  readonly idleSince: number;
  /** Ends its links. */
  close(): void;
}

/** Connections to all servers together, at the most. */
const MOST = 256;

/** Bounds the connections to all servers together, whatever the configuration and the servers do. */
export class LinkRoom {
  readonly #most: number;
  readonly #holders = new Set<LinkHolder>();

  constructor(most: number = MOST) {
    this.#most = most;
  }

  add(holder: LinkHolder): void {
    this.#holders.add(holder);
  }

  delete(holder: LinkHolder): void {
    this.#holders.delete(holder);
  }

  /** Whether one more link may be made. Where there is no room, the one that has been idle longest makes some. */
  allowsOne(): boolean {
    let count = 0;
    let idle: LinkHolder | null = null;
    for (const holder of this.#holders) {
      count += holder.links;
      if (holder.idleSince < (idle?.idleSince ?? Number.POSITIVE_INFINITY)) idle = holder;
    }
    if (count < this.#most) return true;
    idle?.close();
    return idle !== null;
  }
}
