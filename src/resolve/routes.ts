import { HEADER_LENGTH } from "../dns/header.ts";
import { parseName } from "../dns/name.ts";
import type { QueryView } from "../dns/query-view.ts";
import { RrType } from "../dns/rrtype.ts";
import { SuffixTable } from "./suffix-table.ts";

/** Where questions for some names go. */
export interface Route<G> {
  readonly match: readonly {
    /** A name in text, without its final dot; `.` stands for all that no other route takes. */
    readonly suffix: string;
    /** Whether the name itself is meant as well, not only what is below it. */
    readonly apex: boolean;
  }[];
  readonly group: G;
}

const ROOT = new Uint8Array(1);

interface Target<G> {
  readonly group: G;
  /** Wire length of the name; 0 when the name itself is not routed. */
  readonly apexLength: number;
}

/** Split DNS: which group of servers a question goes to. The longest matching name decides. `G` is whatever asks. */
export class Routes<G> {
  #table = new SuffixTable<Target<G>>();
  #fallback: G;
  /** What takes the place of the fallback for a while. */
  #instead: G | null = null;

  /**
   * `fallback` takes what no route is for; a route for the root takes its place. Of two equal names the later counts.
   * Throws PresentationError when a suffix is no name.
   */
  constructor(routes: readonly Route<G>[], fallback: G) {
    this.#fallback = fallback;
    for (const { match, group } of routes) {
      for (const { suffix, apex } of match) {
        const name = parseName(suffix, ROOT);
        if (name.length === 1) this.#fallback = group;
        else this.#table.set(name, { group, apexLength: apex ? name.length : 0 }, { below: !apex });
      }
    }
  }

  /** The group for a query whose question could be read. */
  pick(query: QueryView): G {
    return this.#find(query)?.group ?? this.#instead ?? this.#fallback;
  }

  /** Sends what no route takes to another group, until null is given. Routes stay: who has one means it. */
  divert(group: G | null): void {
    this.#instead = group;
  }

  /** What `divert` was given last: with another one, the same question may go elsewhere. */
  get diversion(): G | null {
    return this.#instead;
  }

  /** Whether the query goes to the group of `divert`, for as long as there is one. */
  diverts(query: QueryView): boolean {
    return this.#instead !== null && this.#find(query) === undefined;
  }

  /** Whether a route other than that of the root takes the query. */
  covers(query: QueryView): boolean {
    return this.#find(query) !== undefined;
  }

  /**
   * DS records of a zone stand on the parent's side of the cut (RFC 4035 section 3.1.4.1): whoever serves a routed zone
   * does not have them, and a validator behind us would see an answer that proves nothing.
   */
  #find(query: QueryView): Target<G> | undefined {
    const { bytes, nameLength } = query;
    const target = this.#table.find(bytes, HEADER_LENGTH, nameLength);
    if (target === undefined || query.type !== RrType.DS || target.apexLength !== nameLength) return target;
    const label = 1 + bytes[HEADER_LENGTH]!;
    return this.#table.find(bytes, HEADER_LENGTH + label, nameLength - label);
  }
}
