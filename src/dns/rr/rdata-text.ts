import { PresentationError, placed } from "../text-errors.ts";
import type { Token } from "../tokens.ts";

/** Reads the tokens of one record's data in their order. Errors carry the place of the token that is wrong. */
export class RdataText {
  /** What relative names are below (RFC 1035 section 5.1), in wire form. */
  readonly origin: Uint8Array;
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(tokens: readonly Token[], origin: Uint8Array) {
    this.#tokens = tokens;
    this.origin = origin;
  }

  /** Whether no token is left. */
  get done(): boolean {
    return this.#index >= this.#tokens.length;
  }

  /** The token that `next` would give, if there is one. */
  peek(): Token | undefined {
    return this.#tokens[this.#index];
  }

  /** The next token, quoted or not. `what` names it for the error when there is none. */
  next(what: string): Token {
    const token = this.#tokens[this.#index];
    if (token === undefined) throw new PresentationError(`${what} is missing`, this.#tokens.at(-1));
    this.#index += 1;
    return token;
  }

  /** Gives the text of the next token to `parse`; the token may not be quoted. */
  word<T>(what: string, parse: (text: string) => T): T {
    const token = this.next(what);
    if (token.quoted) throw new PresentationError(`${what} may not be quoted`, token);
    return placed(token, () => parse(token.text));
  }

  /** Gives the text of the next token to `parse`, quoted or not. */
  string<T>(what: string, parse: (text: string) => T): T {
    const token = this.next(what);
    return placed(token, () => parse(token.text));
  }

  /** Gives all tokens that are left, joined to one text, to `parse`: base64 and hexadecimal may be split at will. */
  rest<T>(what: string, parse: (text: string) => T): T {
    const first = this.peek() ?? this.#tokens.at(-1);
    let text = "";
    while (!this.done) text += this.word(what, (part) => part);
    const run = (): T => parse(text);
    return first === undefined ? run() : placed(first, run);
  }

  /** Throws PresentationError when a token is left. */
  finish(): void {
    const extra = this.peek();
    if (extra !== undefined)
      throw new PresentationError(`${JSON.stringify(extra.text)} is one too many`, extra);
  }
}
