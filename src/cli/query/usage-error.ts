import { DotlsError } from "../../errors.ts";

/** The command line of `dotls query` cannot be understood. Exit code 1, as dig's. */
export class UsageError extends DotlsError {
  constructor(message: string, options?: ErrorOptions) {
    super("ERR_DOTLS_QUERY_USAGE", message, options);
  }
}
