import { formatHostPort } from "../config/ip-address.ts";
import { DotlsError } from "../errors.ts";
import { apiServer } from "./api-server.ts";
import type { ControlSources } from "./routes.ts";
import { TokenCheck } from "./token.ts";

/** Connections at the most: ten dashboards, a few scrapers and probes, and room for those who only hold one. */
const MOST_CONNECTIONS = 128;

/** How long the headers of a request may take, in ms. */
const PATIENCE = 5000;

export interface ControlHttpOptions extends ControlSources {
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Of the token that is needed; null: none is, which is for loopback addresses. */
  readonly hash: string | null;
}

export interface ControlHttp {
  /** `http://127.0.0.1:8053`, with the real port. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves the control API over TCP. Rejects with DotlsError (ERR_DOTLS_CONTROL_HTTP) when the address cannot be had. */
export async function startControlHttp(options: ControlHttpOptions): Promise<ControlHttp> {
  const { address, port, hash } = options;
  const { server, close } = apiServer(options, { check: hash === null ? null : new TokenCheck(hash) });
  server.maxConnections = MOST_CONNECTIONS;
  server.headersTimeout = PATIENCE;
  server.requestTimeout = PATIENCE;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      const message = `cannot serve the API at ${formatHostPort(address, port)}: ${error.message}`;
      reject(new DotlsError("ERR_DOTLS_CONTROL_HTTP", message, { cause: error }));
    });
    server.listen({ host: address, port, exclusive: true }, resolve);
  });
  server.removeAllListeners("error");
  server.on("error", () => {});
  const bound = server.address();
  const real = typeof bound === "object" && bound !== null ? bound.port : port;
  return { url: `http://${formatHostPort(address, real)}`, close };
}
