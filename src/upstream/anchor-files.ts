import { lookOfFile, lookOfFolder } from "./file-look.ts";

/** Where trust anchors are on disk. */
export type AnchorPlace = { readonly file: string } | { readonly directory: string };

/**
 * Trust anchors on disk, which may be replaced at any time. Whoever replaces them may be caught in the middle: what cannot
 * be read, or holds a certificate that is broken, is not taken, and until there is something better the old ones are kept.
 */
export class AnchorFiles {
  readonly #place: AnchorPlace;
  readonly #read: () => string;
  readonly #onProblem: (text: string) => void;
  /** What they looked like when they were last read well; null: they are to be read. */
  #seen: string | null;
  #problem: string | null = null;

  /** `read` gives PEM text, and throws where that is not good. `onProblem` hears once why new anchors are not taken. */
  constructor(place: AnchorPlace, read: () => string, onProblem: (text: string) => void) {
    this.#place = place;
    this.#read = read;
    this.#onProblem = onProblem;
    this.#seen = this.#look();
  }

  /** PEM text that is to be used from now on; null: nothing has changed. Never throws. */
  changed(): string | null {
    try {
      // Before they are read: what changes meanwhile will look changed the next time.
      const look = this.#look();
      if (look === this.#seen) return null;
      this.#seen = null;
      const pem = this.#read();
      this.#seen = look;
      this.#problem = null;
      return pem;
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  #look(): string {
    return "file" in this.#place ? lookOfFile(this.#place.file) : lookOfFolder(this.#place.directory);
  }

  #tell(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#onProblem(`the trust anchors were changed and cannot be used, those read before are: ${problem}`);
  }
}
