import { type BigIntStats, statSync } from "node:fs";
import { stat } from "node:fs/promises";

/** How often the file is looked at, in ms. */
const LOOK = 1000;

/**
 * Says when a file has changed: written anew, replaced by another one of its name, or reached by a link that leads elsewhere
 * now, as a ConfigMap of Kubernetes is exchanged. It looks at what the path leads to, rather than to have the system tell:
 * that tells of a link of its own only, and on network file systems of nothing.
 */
export class FileWatch {
  #file: string;
  #onChange: () => void;
  #state = "";
  /** What it was a look ago, when that was something new: it may still be being written. */
  #candidate: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking = false;

  /** `onChange` is called once for each change, when the file has been the same for a second. */
  constructor(file: string, onChange: () => void) {
    this.#file = file;
    this.#onChange = onChange;
    this.note();
  }

  /** Somebody is about to read the file: what is there now is no change any more. */
  note(): void {
    this.#candidate = null;
    try {
      this.#state = stateOf(statSync(this.#file, { bigint: true }));
    } catch (error) {
      this.#state = faultOf(error);
    }
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#look(), LOOK).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const before = this.#state;
    const state = await stat(this.#file, { bigint: true }).then(stateOf, faultOf);
    this.#looking = false;
    // Somebody has read it meanwhile.
    if (this.#timer === null || this.#state !== before) return;
    const isSettled = state === this.#candidate;
    this.#candidate = state === this.#state ? null : state;
    if (!isSettled || this.#candidate === null) return;
    this.#candidate = null;
    this.#state = state;
    this.#onChange();
  }
}

/** What tells two contents of a file apart, without its being read. */
function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

/** That it is not there is a state as well. */
function faultOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unreadable";
}
