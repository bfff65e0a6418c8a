import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import { isIPv6 } from "node:net";

/** How a server is asked over HTTPS. */
export interface DohOptions {
  /** Path and query of the URL, beginning with a slash, without the `{?dns}` of its template. */
  readonly path: string;
  readonly method: "POST" | "GET";
}

/** The only media type that is spoken here (RFC 8484 section 6). */
export const DNS_MESSAGE = "application/dns-message";

const HTTPS_PORT = 443;

/** What a server is called in requests. */
export interface Authority {
  /** The name that it must have; null: it goes by its address. */
  readonly name: string | null;
  readonly address: string;
  readonly port: number;
}

/** What `:authority` says: the name that the server must have, else its address; the port unless it is 443. */
export function authorityOf(target: Authority): string {
  // A scope id is our own matter (RFC 6874 section 4).
  const host = target.name ?? target.address.replace(/%.*$/, "");
  const written = isIPv6(host) ? `[${host}]` : host;
  return target.port === HTTPS_PORT ? written : `${written}:${target.port}`;
}

/**
 * Asks questions of one server (RFC 8484 section 4.1). Nothing but what the server needs is said: no user agent, no
 * language, no cookies (section 8.2), and always the same headers, so that no client can be told from another by them.
 */
export class DohRequests {
  #session: ClientHttp2Session;
  #options: DohOptions;
  #headers: OutgoingHttpHeaders;

  constructor(session: ClientHttp2Session, target: Authority, options: DohOptions) {
    this.#session = session;
    this.#options = options;
    this.#headers = {
      ":method": options.method,
      ":scheme": "https",
      ":authority": authorityOf(target),
      ":path": options.path,
      accept: DNS_MESSAGE,
    };
  }

  /** Sends a message as a request of its own. Throws when the session takes no more of them. */
  send(message: Buffer): ClientHttp2Stream {
    const { path, method } = this.#options;
    if (method === "GET") {
      const mark = path.includes("?") ? "&" : "?";
      const question = `${path}${mark}dns=${message.toString("base64url")}`;
      return this.#session.request({ ...this.#headers, ":path": question }, { endStream: true });
    }
    const stream = this.#session.request(
      { ...this.#headers, "content-type": DNS_MESSAGE, "content-length": message.length },
      { endStream: false },
    );
    stream.end(message);
    return stream;
  }
}
