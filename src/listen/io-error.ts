import { DotlsError } from "../errors.ts";

/** Sockets cannot be had in the way that was asked for. `code` is `ERR_DOTLS_IO`. */
export class IoError extends DotlsError {
  constructor(message: string) {
    super("ERR_DOTLS_IO", message);
  }
}
