import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { SOCKET_PATH_LIMIT } from "../config/control-socket.ts";
import { DotlsError } from "../errors.ts";
import type { HistoryEntry } from "../observe/history-entry.ts";
import type { HistoryQuery } from "../observe/history-filter.ts";
import { linesOf } from "../observe/lines.ts";
import { CONTROL_HEADER, CONTROL_VERSION } from "./protocol.ts";
import type { BypassStatus, ReloadReport, Status } from "./status.ts";

/** How long a server may take until its reply begins, in milliseconds. */
const PATIENCE = 5000;

/** How long it may take to make a new configuration ready, or to forget answers while others write, in milliseconds. */
const LONG_PATIENCE = 60_000;

/** So many queries were overwritten in the server's memory before they could be sent. */
export interface HistoryGap {
  readonly lost: number;
}

export interface HistoryRequest extends HistoryQuery {
  readonly limit?: number | undefined;
  readonly follow?: boolean | undefined;
}

/**
 * Asks the server behind a control socket how it is. Rejects with DotlsError: ERR_DOTLS_NO_SERVER when nobody listens
 * there, ERR_DOTLS_CONTROL_DENIED when this user may not ask, ERR_DOTLS_CONTROL_PROTOCOL when what answers is no dotls.
 */
export async function getStatus(socket: string): Promise<Status> {
  const response = await ask(socket, "GET", "/v1/status");
  // Taken at its word: the header said that it is a dotls of this API.
  const status: Status = JSON.parse(await textOf(response));
  return status;
}

/**
 * Asks the server behind a control socket whether it is alive: null when it is, else what ails it, in words. Rejects as
 * `getStatus` does.
 */
export async function getAilment(socket: string): Promise<string | null> {
  const response = await asked(socket, "GET", "/livez");
  const text = await textOf(response);
  return response.statusCode === 200 ? null : text.trim();
}

/**
 * Opens the bypass of the server behind a control socket for a time such as `10m`, in the name of `by`. Rejects as
 * `getStatus` does, and with the server's ERR_DOTLS_BYPASS or ERR_DOTLS_BAD_DURATION.
 */
export async function openBypass(socket: string, duration: string, by: string): Promise<BypassStatus> {
  const parameters = new URLSearchParams({ for: duration, by });
  return setBypass(socket, "PUT", parameters);
}

/** Closes the bypass of the server behind a control socket, in the name of `by`. Rejects as `getStatus` does. */
export async function closeBypass(socket: string, by: string): Promise<BypassStatus> {
  return setBypass(socket, "DELETE", new URLSearchParams({ by }));
}

/**
 * Makes the server behind a control socket forget what it keeps of a name, of a zone and all below it (`*.corp.example`), or
 * everything (null). Gives how many answers that were. Rejects as `getStatus` does, and with the server's
 * ERR_DOTLS_BAD_TEXT, ERR_DOTLS_CACHE_BUSY or ERR_DOTLS_NO_CACHE.
 */
export async function flushAnswers(socket: string, what: string | null): Promise<number> {
  const parameters = what === null ? "" : `?${new URLSearchParams({ name: what }).toString()}`;
  const { removed }: { removed: number } = JSON.parse(
    await textOf(await ask(socket, "POST", `/v1/flush${parameters}`, undefined, LONG_PATIENCE)),
  );
  return removed;
}

/**
 * Makes the server behind a control socket forget all queries, in memory and on disk. Gives how many it held in memory.
 * Rejects as `getStatus` does, and with the server's ERR_DOTLS_HISTORY_FILE.
 */
export async function forgetHistory(socket: string): Promise<number> {
  const { forgotten }: { forgotten: number } = JSON.parse(
    await textOf(await ask(socket, "DELETE", "/v1/history")),
  );
  return forgotten;
}

/**
 * Makes the server behind a control socket read its configuration again. Rejects as `getStatus` does, and with the server's
 * error when it goes on with the configuration that it has, ERR_DOTLS_CONFIG or ERR_DOTLS_LISTEN say.
 */
export async function reloadServer(socket: string): Promise<ReloadReport> {
  const report: ReloadReport = JSON.parse(
    await textOf(await ask(socket, "POST", "/v1/reload", undefined, LONG_PATIENCE)),
  );
  return report;
}

async function setBypass(socket: string, method: string, parameters: URLSearchParams): Promise<BypassStatus> {
  const response = await ask(socket, method, `/v1/bypass?${parameters.toString()}`);
  const status: BypassStatus = JSON.parse(await textOf(response));
  return status;
}

/**
 * Reads the history of the server behind a control socket, oldest first; with `follow` it goes on until the signal
 * aborts, which ends it without an error, or the server stops. Rejects as `getStatus` does, or with the server's error.
 */
export async function getHistory(
  socket: string,
  wanted: HistoryRequest,
  signal?: AbortSignal,
): Promise<AsyncGenerator<HistoryEntry | HistoryGap, void>> {
  const { limit, follow, ...query } = wanted;
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, value);
  if (limit !== undefined) parameters.set("limit", String(limit));
  if (follow === true) parameters.set("follow", "1");
  try {
    return entriesOf(await ask(socket, "GET", `/v1/history?${parameters.toString()}`, signal), signal);
  } catch (error) {
    if (signal?.aborted === true) return nothing();
    throw error;
  }
}

async function* nothing(): AsyncGenerator<never, void> {}

async function* entriesOf(
  response: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<HistoryEntry | HistoryGap, void> {
  try {
    for await (const line of linesOf(response.setEncoding("utf8"))) {
      const entry: HistoryEntry | HistoryGap = JSON.parse(line);
      yield entry;
    }
  } catch (error) {
    if (signal?.aborted !== true)
      throw new DotlsError("ERR_DOTLS_NO_SERVER", "the server went away", { cause: error });
  }
}

/** Gives what a dotls of this API replies, whatever its status. */
async function asked(
  socket: string,
  method: string,
  path: string,
  signal?: AbortSignal,
  patience: number = PATIENCE,
): Promise<IncomingMessage> {
  const response = await send(socket, method, path, signal, patience);
  if (response.headers[CONTROL_HEADER] === CONTROL_VERSION) return response;
  response.destroy();
  throw notDotls(socket);
}

async function ask(...request: Parameters<typeof asked>): Promise<IncomingMessage> {
  const response = await asked(...request);
  if (response.statusCode !== 200) throw refused(await textOf(response));
  return response;
}

function send(
  socket: string,
  method: string,
  path: string,
  signal: AbortSignal | undefined,
  most: number,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (Buffer.byteLength(socket) > SOCKET_PATH_LIMIT) {
      reject(noServer(socket, `its path has more than ${SOCKET_PATH_LIMIT} bytes`));
      return;
    }
    const asked = request({ socketPath: socket, method, path, agent: false, ...(signal && { signal }) });
    const patience = setTimeout(() => asked.destroy(notDotls(socket)), most);
    asked.on("response", (response) => {
      clearTimeout(patience);
      resolve(response);
    });
    asked.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(patience);
      reject(error instanceof DotlsError ? error : failure(socket, error));
    });
    asked.end();
  });
}

function failure(socket: string, error: NodeJS.ErrnoException): DotlsError {
  switch (error.code) {
    case "ENOENT":
      return noServer(socket, "there is none", error);
    case "ECONNREFUSED":
      return noServer(socket, "nobody listens", error);
    case "EACCES":
    case "EPERM": {
      const message = `this user may not open the control socket ${socket}; ask as the user that runs the server`;
      return new DotlsError("ERR_DOTLS_CONTROL_DENIED", message, { cause: error });
    }
    case undefined:
    default:
      return notDotls(socket, error);
  }
}

function noServer(socket: string, reason: string, cause?: Error): DotlsError {
  const message = `no server on the control socket ${socket}: ${reason} (another one: --socket PATH)`;
  return new DotlsError("ERR_DOTLS_NO_SERVER", message, { cause });
}

function notDotls(socket: string, cause?: Error): DotlsError {
  const message = `what listens on ${socket} does not answer as dotls does`;
  return new DotlsError("ERR_DOTLS_CONTROL_PROTOCOL", message, { cause });
}

function refused(body: string): DotlsError {
  const { error }: { error: { code: string; message: string } } = JSON.parse(body);
  return new DotlsError(error.code, error.message);
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
  return text;
}
