import { FormerLinks } from "./former-links.ts";
import type { Link } from "./link.ts";
import type { LinkRoom } from "./link-room.ts";

/** How many links a server has in each state. */
export interface LinkStates {
  readonly connecting: number;
  readonly open: number;
  /** Quiet for so long that questions go elsewhere; they are still listened to. */
  readonly suspected: number;
  /** They get no more questions, and wait for their last answers. */
  readonly parting: number;
}

/** The links to one server: the one that gets new questions, made when it is needed, and those that get no more. */
export class Links {
  /** The one that gets new questions. */
  current: Link | null = null;
  /** When one was last tried, monotonic ms. */
  triedAt: number = Number.NEGATIVE_INFINITY;
  /** When the current one opened or last answered, monotonic ms. */
  aliveAt = 0;

  readonly #open: () => Link;
  readonly #room: LinkRoom;
  readonly #former = new FormerLinks();

  /** `room` says whether one more may be opened. */
  constructor(open: () => Link, room: LinkRoom) {
    this.#open = open;
    this.#room = room;
  }

  /** How many there are. */
  get count(): number {
    return this.#former.size + (this.current === null ? 0 : 1);
  }

  /** How many there are, by what they are there for. */
  get states(): LinkStates {
    const state = this.current?.state;
    return {
      connecting: state === "connecting" ? 1 : 0,
      open: state === "open" ? 1 : 0,
      suspected: this.#former.suspects,
      parting: this.#former.parting.length,
    };
  }

  /** Exchanges that wait on them. */
  get load(): number {
    return this.#former.load + (this.current?.load ?? 0);
  }

  /** Since when nobody waits on the current one, monotonic ms; infinity: there is none, or it is in use. */
  get idleSince(): number {
    return this.current === null || this.load > 0 ? Number.POSITIVE_INFINITY : this.aliveAt;
  }

  /** Those that wait for their last answers. */
  get parting(): readonly Link[] {
    return this.#former.parting;
  }

  /** The link for the next question; null: there is none, and no room to make one. */
  connect(): Link | null {
    if (this.current?.full === true) this.part(this.current);
    if (this.current === null && this.#room.allowsOne()) {
      this.triedAt = performance.now();
      this.current = this.#open();
    }
    return this.current;
  }

  /** Leaves a link to the questions that it has. True when it was the current one. */
  part(link: Link): boolean {
    const was = this.#leave(link);
    this.#former.part(link);
    return was;
  }

  /** A link fell quiet: it is only listened to. True when it was the current one. */
  suspect(link: Link): boolean {
    const was = this.#leave(link);
    this.#former.suspect(link);
    return was;
  }

  /** A link has answered. True when it is one that was suspected, and is the current one again, as there is no other. */
  answered(link: Link, now: number): boolean {
    const back = this.current === null && this.#former.takeBack(link);
    if (back) this.current = link;
    if (link === this.current) this.aliveAt = now;
    return back;
  }

  /** A link is over. True when it was the current one. */
  ended(link: Link): boolean {
    this.#former.drop(link);
    return this.#leave(link);
  }

  /** Closes those that get no more questions and on which nobody waits. */
  closeUnused(): void {
    this.#former.closeUnused();
  }

  /** Closes all. */
  close(): void {
    const link = this.current;
    this.current = null;
    this.#former.close();
    link?.close();
  }

  #leave(link: Link): boolean {
    if (link !== this.current) return false;
    this.current = null;
    return true;
  }
}
