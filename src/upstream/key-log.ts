import { appendFileSync } from "node:fs";

/**
 * Appends the secrets of TLS connections to a file, in the format of NSS, one line each: with it, Wireshark and the like
 * read what was said. For finding faults, never by default. A file that is made here is for its owner alone.
 */
export class KeyLog {
  readonly #file: string;
  readonly #onProblem: (text: string) => void;
  #failing = false;

  /** `onProblem` hears it once when the file cannot be written. */
  constructor(file: string, onProblem: (text: string) => void) {
    this.#file = file;
    this.#onProblem = onProblem;
  }

  /** Takes a line with its end, as Node emits them. Waits for the disk: a few short lines for each connection. */
  append(line: Buffer): void {
    try {
      appendFileSync(this.#file, line, { mode: 0o600 });
      this.#failing = false;
    } catch (error) {
      if (this.#failing) return;
      this.#failing = true;
      this.#onProblem(
        `TLS secrets cannot be logged: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
