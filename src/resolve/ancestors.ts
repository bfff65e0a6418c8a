import type { Question } from "../cache/key.ts";
import { HEADER_LENGTH } from "../dns/header.ts";
import type { QueryView } from "../dns/query-view.ts";
import { MAX_NAME } from "../dns/records.ts";

/** The names above the one that is asked for, one after the other, as questions. One object, used again. */
export class Ancestors implements Question {
  readonly bytes: Uint8Array = new Uint8Array(HEADER_LENGTH + MAX_NAME);
  nameLength = 0;
  type = 0;
  class = 0;
  dnssecOk = false;
  flags = 0;

  /** Starts at the name of the query itself: `up` goes to the first one above it. */
  start(query: QueryView): void {
    const { bytes, nameLength } = query;
    for (let i = 0; i < nameLength; i++) this.bytes[HEADER_LENGTH + i] = bytes[HEADER_LENGTH + i]!;
    this.nameLength = nameLength;
    this.type = query.type;
    this.class = query.class;
    this.dnssecOk = query.dnssecOk;
    this.flags = query.flags;
  }

  /** Goes up by one label. False at the root, of which nobody says that it does not exist. */
  up(): boolean {
    const { bytes } = this;
    const label = bytes[HEADER_LENGTH]! + 1;
    if (this.nameLength <= label + 1) return false;
    this.nameLength -= label;
    bytes.copyWithin(HEADER_LENGTH, HEADER_LENGTH + label, HEADER_LENGTH + label + this.nameLength);
    return true;
  }
}
