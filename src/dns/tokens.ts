import { PresentationError } from "./text-errors.ts";
import type { TextPosition } from "./text-errors.ts";

/** One word or quoted string of master-file text (RFC 1035 section 5.1). */
export interface Token extends TextPosition {
  /** Its characters with escapes as written; without the quotes when it was quoted. */
  readonly text: string;
  readonly quoted: boolean;
  /** Nothing stands between it and the token before, as in `alpn="h2,h3"`, which is two tokens. */
  readonly joined: boolean;
}

/** One entry of a master file: the tokens of one line, or of several that parentheses join. Never empty. */
export interface TokenLine {
  readonly tokens: readonly Token[];
  /** The line begins with blanks, so its record belongs to the owner before (RFC 1035 section 5.1). */
  readonly leadingBlank: boolean;
  /** Where the entry begins, counted from 1. */
  readonly line: number;
}

/** What ends a word: blanks, line ends, and the characters that are tokens or comments of their own. */
const WORD_END = new Set([" ", "\t", "\r", "\n", "(", ")", ";", '"']);

/**
 * Splits master-file text into entries and tokens: comments cut off, parentheses followed, quotes taken away.
 * Empty entries are left out. A quoted string may not go over a line end, which is nearly always a forgotten quote.
 * Throws PresentationError with the place of an open quote, an open parenthesis or a closing one too many.
 */
export function tokenize(text: string): TokenLine[] {
  return new Tokenizer(text).run();
}

class Tokenizer {
  readonly #text: string;
  readonly #lines: TokenLine[] = [];
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #tokens: Token[] = [];
  #leadingBlank = false;
  #entryLine = 1;
  /** Where each parenthesis that is open began. */
  readonly #open: TextPosition[] = [];
  /** Where the last token ended, to tell which tokens are joined. */
  #tokenEnd = -1;

  constructor(text: string) {
    this.#text = text;
  }

  run(): TokenLine[] {
    while (this.#at < this.#text.length) this.#step(this.#text[this.#at]!);
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) throw new PresentationError("a parenthesis is never closed", unclosed);
    this.#endEntry();
    return this.#lines;
  }

  #step(character: string): void {
    switch (character) {
      case "\n":
        this.#endLine();
        break;
      case " ":
      case "\t":
      case "\r":
        if (this.#at === this.#lineStart && this.#open.length === 0) this.#leadingBlank = character !== "\r";
        this.#at += 1;
        break;
      case ";":
        this.#skipComment();
        break;
      case "(":
        this.#open.push(this.#position());
        this.#at += 1;
        break;
      case ")":
        if (this.#open.pop() === undefined) {
          throw new PresentationError("a closing parenthesis has no opening one", this.#position());
        }
        this.#at += 1;
        break;
      case '"':
        this.#readQuoted();
        break;
      default:
        this.#readWord();
    }
  }

  #position(): TextPosition {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #endLine(): void {
    this.#at += 1;
    this.#line += 1;
    this.#lineStart = this.#at;
    if (this.#open.length === 0) this.#endEntry();
  }

  #endEntry(): void {
    if (this.#tokens.length > 0) {
      this.#lines.push({ tokens: this.#tokens, leadingBlank: this.#leadingBlank, line: this.#entryLine });
      this.#tokens = [];
    }
    this.#leadingBlank = false;
    this.#entryLine = this.#line;
  }

  #skipComment(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #readQuoted(): void {
    const position = this.#position();
    let end = this.#at + 1;
    while (this.#text[end] !== '"') {
      if (this.#text[end] === "\\") end += 1;
      if (end >= this.#text.length || this.#text[end] === "\n") {
        throw new PresentationError("a quoted string is not closed on its line", position);
      }
      end += 1;
    }
    this.#addToken(position, this.#text.slice(this.#at + 1, end), true, end + 1);
  }

  #readWord(): void {
    const position = this.#position();
    let end = this.#at;
    while (end < this.#text.length && !WORD_END.has(this.#text[end]!)) {
      // A backslash takes the meaning from any character but a line end.
      end += this.#text[end] === "\\" && end + 1 < this.#text.length && this.#text[end + 1] !== "\n" ? 2 : 1;
    }
    this.#addToken(position, this.#text.slice(this.#at, end), false, end);
  }

  #addToken(position: TextPosition, text: string, quoted: boolean, end: number): void {
    const joined = this.#tokenEnd === this.#at;
    this.#tokens.push({ text, quoted, joined, line: position.line, column: position.column });
    this.#at = end;
    this.#tokenEnd = end;
  }
}
