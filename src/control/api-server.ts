import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { ControlSources } from "./routes.ts";
import type { TokenCheck } from "./token.ts";

/** How long an open reply may take to end when the server stops, in milliseconds; then its connection is cut. */
const GRACE = 500;

/** Who comes over TCP: everybody who has the token, or, with null, everybody on this machine. */
export interface OverTcp {
  readonly check: TokenCheck | null;
}

/** A server of HTTP that is not listening yet, and the way to end it with its open streams. */
export interface ApiServer {
  readonly server: Server;
  readonly close: () => Promise<void>;
}

interface Api {
  readonly listener: (request: IncomingMessage, response: ServerResponse) => unknown;
  readonly endStreams: () => void;
}

/**
 * Makes a server of the control API (routes.ts). What answers is loaded for the first who asks: it is a fifth of the memory
 * and of the time to the first DNS answer. `tcp`: it is to be guarded (guard.ts); null: the system guards its socket.
 */
export function apiServer(sources: ControlSources, tcp: OverTcp | null): ApiServer {
  let api: Promise<Api> | null = null;
  const server = createServer((request, response) => {
    api ??= loadApi(sources, tcp);
    void api.then(({ listener }) => listener(request, response));
  });
  const close = async (): Promise<void> => {
    if (api !== null) (await api).endStreams();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), GRACE);
    await closed;
    clearTimeout(cut);
  };
  return { server, close };
}

async function loadApi(sources: ControlSources, tcp: OverTcp | null): Promise<Api> {
  const [{ getRequestListener }, { controlRoutes }, { guard }] = await Promise.all([
    import("@hono/node-server"),
    import("./routes.ts"),
    import("./guard.ts"),
  ]);
  const { app, endStreams } = controlRoutes(sources, tcp === null ? null : guard(tcp.check));
  return { listener: getRequestListener(app.fetch, { overrideGlobalObjects: false }), endStreams };
}
