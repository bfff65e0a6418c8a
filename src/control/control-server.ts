import type { Server } from "node:http";
import { chmod, lstat, mkdir, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { SOCKET_PATH_LIMIT } from "../config/control-socket.ts";
import { DotlsError } from "../errors.ts";
import { apiServer } from "./api-server.ts";
import type { ControlSources } from "./routes.ts";

export interface ControlServer {
  /** Ends open streams, closes and removes the socket. */
  close(): Promise<void>;
}

export interface ControlOptions extends ControlSources {
  /** Where the socket is made, with mode 0600; its folder is made with 0700 if it is not there. */
  readonly path: string;
}

/**
 * Serves the control API (routes.ts) on a Unix socket. A socket that a dead process left behind is replaced.
 * Rejects with DotlsError (ERR_DOTLS_CONTROL_SOCKET) when the path cannot be used or somebody answers there.
 */
export async function startControl(options: ControlOptions): Promise<ControlServer> {
  const { path } = options;
  // A longer path would be cut short by the system, silently.
  if (Buffer.byteLength(path) > SOCKET_PATH_LIMIT) {
    throw unusable(path, `a socket's path has ${SOCKET_PATH_LIMIT} bytes at the most`);
  }
  const { server, close } = apiServer(options, null);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await refuseForeignFolder(path);
    await listen(server, path);
    await chmod(path, 0o600);
  } catch (error) {
    server.close();
    if (error instanceof DotlsError) throw error;
    throw unusable(path, error instanceof Error ? error.message : String(error), error);
  }
  return { close };
}

/** Whoever owns the folder can put a socket of his own in our place, and our commands would believe it. */
async function refuseForeignFolder(path: string): Promise<void> {
  const own = process.getuid?.() ?? 0;
  const { uid } = await stat(dirname(path));
  if (own !== 0 && uid !== 0 && uid !== own) {
    throw unusable(path, `its folder belongs to another user (user id ${uid})`);
  }
}

async function listen(server: Server, path: string): Promise<void> {
  try {
    await bind(server, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    await removeStale(path);
    await bind(server, path);
  }
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The socket is made inside listen(), so nobody else can open it in the moment before its mode is set.
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off("error", reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

/** Removes the socket that nobody listens on any more; throws when somebody does, or when it is no socket. */
async function removeStale(path: string): Promise<void> {
  if (!(await lstat(path)).isSocket()) throw unusable(path, "there is a file that is not a socket");
  const { getStatus } = await import("./client.ts");
  try {
    const { pid, version } = await getStatus(path);
    throw unusable(
      path,
      `dotls ${version} with process id ${pid} answers there; stop it or use another socket`,
    );
  } catch (error) {
    if (!(error instanceof DotlsError)) throw error;
    if (error.code === "ERR_DOTLS_CONTROL_SOCKET") throw error;
    if (error.code !== "ERR_DOTLS_NO_SERVER") throw unusable(path, error.message, error);
  }
  await unlink(path);
}

function unusable(path: string, reason: string, cause?: unknown): DotlsError {
  return new DotlsError("ERR_DOTLS_CONTROL_SOCKET", `cannot use the control socket ${path}: ${reason}`, {
    cause,
  });
}
