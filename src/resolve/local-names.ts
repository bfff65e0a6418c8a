import { HEADER_LENGTH } from "../dns/header.ts";
import type { QueryView } from "../dns/query-view.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { type LocalGroups, type LocalNode, localZones } from "./local-zones.ts";
import { type Stage, Step } from "./stage.ts";
import type { SuffixTable } from "./suffix-table.ts";

/** Says whether somebody was named to answer a query, whatever we think of its name. */
export interface RoutedNames {
  covers(query: QueryView): boolean;
}

/**
 * Answers here what must not leave the host: names that only this host or network knows, and names that nobody knows
 * (RFC 6303, RFC 6761 and those after them). Who routes such a name somewhere means it, and is asked instead.
 */
export class LocalNames implements Stage {
  #zones: SuffixTable<LocalNode>;
  #routes: RoutedNames;

  constructor(groups: LocalGroups, routes: RoutedNames) {
    this.#zones = localZones(groups);
    this.#routes = routes;
  }

  enter(query: ClientQuery): number {
    const node = this.#zones.find(query.bytes, HEADER_LENGTH, query.nameLength);
    if (node === undefined || query.class !== RrClass.IN) return Step.NEXT;
    const here = query.nameLength === node.nameLength;
    // The proof that the zone is not signed comes from its parent: a validator behind us needs it (RFC 8375 section 4).
    if (here && node.apex && query.type === RrType.DS) return Step.NEXT;
    if (this.#routes.covers(query)) return Step.NEXT;
    const { rcode, records, none } = here ? node.at : node.below;
    query.rcode = rcode;
    query.records = records.get(query.type) ?? none;
    return Step.ANSWERED;
  }
}
