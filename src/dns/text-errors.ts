import { DotlsError } from "../errors.ts";

/** Bytes that are no valid name or record: cut short, a pointer that does not point back, a label or name too long. */
export class WireError extends DotlsError {
  constructor(message: string, options?: ErrorOptions) {
    super("ERR_DOTLS_BAD_WIRE", message, options);
  }
}

/** Where a piece of master-file text stands; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Text that is no valid name, token or record data. `position` is there when it came from a file or a token. */
export class PresentationError extends DotlsError {
  /** What is wrong, without the position that `message` begins with. */
  readonly reason: string;
  readonly position: TextPosition | undefined;

  constructor(reason: string, position?: TextPosition, options?: ErrorOptions) {
    super(
      "ERR_DOTLS_BAD_TEXT",
      position === undefined ? reason : `line ${position.line}, column ${position.column}: ${reason}`,
      options,
    );
    this.reason = reason;
    this.position = position && { line: position.line, column: position.column };
  }
}

/**
 * Runs `body` and gives every PresentationError that does not know its place yet the place `position`.
 * So the parsers of single values need not carry positions around.
 */
export function placed<T>(position: TextPosition, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof PresentationError && error.position === undefined) {
      throw new PresentationError(error.reason, position, { cause: error });
    }
    throw error;
  }
}
