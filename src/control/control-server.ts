import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { chmod, lstat, mkdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SOCKET_PATH_LIMIT } from "../config/control-socket.ts";
import { DotlsError } from "../errors.ts";
import { apiServer } from "./api-server.ts";
import type { ControlSources } from "./routes.ts";
import type { Status } from "./status.ts";

export interface ControlServer {
  /** The process id of the dotls that was asked here before, and is running; null: none. */
  readonly replaced: number | null;
  /** Ends open streams, closes and removes the socket. */
  close(): Promise<void>;
}

export interface ControlOptions extends ControlSources {
  /** Where the socket is made, with mode 0600; its folder is made with 0700 if it is not there. */
  readonly path: string;
  /** A dotls that answers there is not in the way: from now on it is this one that is asked. */
  readonly takeOver?: boolean;
}

/**
 * Serves the control API (routes.ts) on a Unix socket. A socket that a dead process left behind is replaced.
 * Rejects with DotlsError (ERR_DOTLS_CONTROL_SOCKET) when the path cannot be used or somebody answers there, another dotls
 * with `takeOver` aside.
 */
export async function startControl(options: ControlOptions): Promise<ControlServer> {
  const { path } = options;
  // A longer path would be cut short by the system, silently.
  if (Buffer.byteLength(path) > SOCKET_PATH_LIMIT) {
    throw unusable(path, `a socket's path has ${SOCKET_PATH_LIMIT} bytes at the most`);
  }
  const { server, close } = apiServer(options, null);
  let taken: Taken | null = null;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await refuseForeignFolder(path);
    if (options.takeOver === true) taken = await takeOver(server, path);
    else await listen(server, path);
    await chmod(path, 0o600);
  } catch (error) {
    server.close();
    if (error instanceof DotlsError) throw error;
    throw unusable(path, error instanceof Error ? error.message : String(error), error);
  }
  return {
    replaced: taken?.from ?? null,
    close: async () => {
      await taken?.leave();
      await close();
    },
  };
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

/** A place that may have been somebody else's. */
interface Taken {
  /** Whose process id; null: nobody's. */
  readonly from: number | null;
  /** Removes the socket, if it still is the one at that place. */
  leave(): Promise<void>;
}

/**
 * Puts the socket in the place of one that may be there, so that at no moment there is none. libuv, when it closes a socket,
 * removes what is at the path that it was told, whoever has made it; and so it is told another one.
 */
async function takeOver(server: Server, path: string): Promise<Taken> {
  const from = await whoIsAt(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  // No longer than the path by more than four bytes, for which a socket's address has room on Linux.
  const birthplace = join(dirname(path), `.${randomBytes(2).toString("hex")}`);
  await bind(server, birthplace);
  const own = await lstat(birthplace);
  await rename(birthplace, path);
  const leave = async (): Promise<void> => {
    const there = await lstat(path).catch(() => null);
    if (there?.ino === own.ino && there.dev === own.dev) await unlink(path).catch(() => {});
  };
  return { from: from?.pid ?? null, leave };
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
  const there = await whoIsAt(path);
  if (there !== null)
    throw unusable(
      path,
      `dotls ${there.version} with process id ${there.pid} answers there; stop it or use another socket`,
    );
  await unlink(path);
}

/** The dotls that answers at a socket; null when nobody does. Throws when it is no socket, or somebody else's. */
async function whoIsAt(path: string): Promise<Pick<Status, "pid" | "version"> | null> {
  if (!(await lstat(path)).isSocket()) throw unusable(path, "there is a file that is not a socket");
  const { getStatus } = await import("./client.ts");
  try {
    return await getStatus(path);
  } catch (error) {
    if (!(error instanceof DotlsError)) throw error;
    if (error.code === "ERR_DOTLS_NO_SERVER") return null;
    throw unusable(path, error.message, error);
  }
}

function unusable(path: string, reason: string, cause?: unknown): DotlsError {
  return new DotlsError("ERR_DOTLS_CONTROL_SOCKET", `cannot use the control socket ${path}: ${reason}`, {
    cause,
  });
}
