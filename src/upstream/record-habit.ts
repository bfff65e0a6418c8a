import type { Link, LinkOwner } from "./link.ts";
import { RecordTrial } from "./record-trial.ts";

/** Whether a server reads all queries of a TLS record, as far as is known; some read one and wait (NSD 4.6). */
export class RecordHabit {
  /** Each query is to have a record of its own. */
  singly = false;
  #drains = false;
  #trial: RecordTrial | null = null;

  /** Whether it may be one that reads one query of a record, and is not known to be. */
  get isOpen(): boolean {
    return !this.#drains && !this.singly;
  }

  /** It looks as if it were one: treated as such, until a trial on a link of its own shows that it is not. */
  suspect(open: (owner: LinkOwner) => Link): void {
    this.singly = true;
    this.#trial = new RecordTrial(open, () => this.drained());
  }

  /** It read all of a record: seen. */
  drained(): void {
    this.#drains = true;
    this.singly = false;
  }

  /** Ends a trial. */
  stop(): void {
    this.#trial?.stop();
  }

  /** Another server may be there now. */
  forget(): void {
    this.singly = false;
    this.#drains = false;
  }
}
