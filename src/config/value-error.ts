import { DotlsError } from "../errors.ts";

/** The stable codes of values that cannot be read; docs/errors.md explains them. */
export type ValueErrorCode =
  | "ERR_DOTLS_BAD_DURATION"
  | "ERR_DOTLS_BAD_SIZE"
  | "ERR_DOTLS_BAD_LISTEN"
  | "ERR_DOTLS_BAD_UPSTREAM"
  | "ERR_DOTLS_BAD_PREFIX"
  | "ERR_DOTLS_BAD_DNSTAP"
  | "ERR_DOTLS_BAD_ROUTE";

/** A value that does not follow its grammar, wherever it was written: a file, a variable, a flag, a call. */
export class ConfigValueError extends DotlsError {
  /** What is wrong, without the hint that ends `message`. */
  readonly reason: string;
  /** What to write instead, as a phrase for the end of the message; null when there is nothing better to say. */
  readonly hint: string | null;

  constructor(code: ValueErrorCode, reason: string, hint: string | null = null) {
    super(code, hint === null ? reason : `${reason} (${hint})`);
    this.reason = reason;
    this.hint = hint;
  }
}
