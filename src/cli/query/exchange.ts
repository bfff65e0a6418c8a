import { DotlsError } from "../../errors.ts";

/** A server's address and port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What to send where, and for how long to wait. */
export interface ExchangeRequest {
  readonly server: Endpoint;
  readonly query: Uint8Array;
  /** Milliseconds; over TCP and TLS connecting counts too. */
  readonly timeout: number;
  /** Where to send from; null: the system chooses. */
  readonly source: Endpoint | null;
  /** Whether a message is the reply that is waited for; what is not is left aside and the wait goes on. */
  readonly accept: (message: Uint8Array) => boolean;
}

/** How long each step took, in milliseconds. */
interface Timing {
  /** Null over UDP. */
  readonly connect: number | null;
  /** Null without TLS. */
  readonly tls: number | null;
  /** From sending the query to its reply. */
  readonly query: number;
}

/** What the TLS connection was. */
export interface TlsFacts {
  readonly version: string;
  readonly cipher: string;
  /** The group of the key exchange; null when the connection does not tell. */
  readonly group: string | null;
  readonly resumed: boolean;
  /** Null when the server chose none. */
  readonly alpn: string | null;
  /** What the certificate was for: a name or an address. */
  readonly authenticated: string;
}

/** A reply, and how it came. */
export interface ExchangeResult {
  readonly reply: Uint8Array;
  readonly transport: "UDP" | "TCP" | "TLS" | "HTTPS";
  readonly timing: Timing;
  readonly tls: TlsFacts | null;
}

/** No reply came. The message is the reason in dig's words; `connecting`: the connection was never there. */
export class ExchangeError extends DotlsError {
  readonly connecting: boolean;

  constructor(message: string, connecting: boolean, options?: ErrorOptions) {
    super("ERR_DOTLS_QUERY_NO_REPLY", message, options);
    this.connecting = connecting;
  }
}

const reasons = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "connection reset"],
  ["ENETUNREACH", "network unreachable"],
  ["EHOSTUNREACH", "host unreachable"],
  ["ETIMEDOUT", "timed out"],
  ["EADDRNOTAVAIL", "address not available"],
  ["EADDRINUSE", "address in use"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
]);

/** Turns what a socket emitted into an ExchangeError. */
export function exchangeError(error: Error & { code?: string }, connecting: boolean): ExchangeError {
  const reason = reasons.get(error.code ?? "") ?? error.message;
  return new ExchangeError(reason, connecting, { cause: error });
}
