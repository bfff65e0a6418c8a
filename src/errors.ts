/**
 * The base of every error that dotls throws at its edges: configuration, commands, the library.
 * The packet path returns codes and never throws. `code` is stable: match on it, not on the text.
 * docs/errors.md lists the codes; a test holds that page against the classes.
 */
export class DotlsError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
