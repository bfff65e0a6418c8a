import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { DotlsError } from "../errors.ts";
import { ListenError } from "../listen/listen-error.ts";

/** Who a server becomes. */
export interface Account {
  /** Null when the user has a number alone. */
  readonly name: string | null;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account that the configuration names; null when it names none, or the one that runs this process. Throws DotlsError
 * (ERR_DOTLS_USER) when there is no such account, or this process may not become another.
 */
export function accountOf({ user, group }: Config): Account | null {
  if (user === null) return null;
  if (process.getuid === undefined) throw refused(user, "this system has no users of that kind");
  const known = entryOf("passwd", user);
  const [name = null, , id = user, primary = null] = known ?? [];
  if (!/^\d+$/.test(id)) throw refused(user, "there is no such user");
  const gid = group === null ? primary : gidOf(user, group);
  if (gid === null)
    throw refused(user, "no user has this number, so its group has to be named as well: group");
  const account = { name, uid: Number(id), gid: Number(gid) };
  const own = process.getuid();
  if (own === account.uid && process.getgid?.() === account.gid) return null;
  if (own !== 0) {
    throw refused(user, `only root can become another user, and this process runs under user id ${own}`);
  }
  return account;
}

/** Makes the folders that are missing of what is written while the server runs, and gives them to the account. */
export function makeFolders({ uid, gid }: Account, { control, state }: Config): void {
  for (const folder of [control.socket === null ? null : dirname(control.socket), state]) {
    if (folder === null) continue;
    try {
      const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Those that were there are as their owner wants them.
      if (first === undefined) continue;
      for (let made = folder; made.startsWith(first); made = dirname(made)) chownSync(made, uid, gid);
    } catch {
      // Whoever needs it says so.
    }
  }
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is missing from the types of Node.js 20
const { initgroups } = process as unknown as { initgroups: (user: string, group: number) => void };

/** Becomes the account, in all threads, with its groups and no way back. Throws DotlsError (ERR_DOTLS_USER). */
export function become({ name, uid, gid }: Account): void {
  const user = name ?? String(uid);
  try {
    if (name === null) process.setgroups!([gid]);
    else initgroups(name, gid);
    process.setgid!(gid);
    process.setuid!(uid);
  } catch (error) {
    throw refused(user, error instanceof Error ? error.message : String(error));
  }
  if (uid === 0) return;
  try {
    process.setuid!(0);
  } catch {
    return;
  }
  throw refused(user, "the system lets this process become root again");
}

/** What an error of a door says to a server that has become another user since its start. */
export function explained(error: unknown, { user }: Config): unknown {
  if (user === null || !(error instanceof ListenError)) return error;
  if (error.errno !== "EACCES" && error.errno !== "EADDRINUSE") return error;
  const why = `dotls became user ${user} when it had opened its doors, and may not open this one any more: it needs a restart`;
  return new DotlsError(error.code, `${error.message}; ${why}`, { cause: error });
}

function gidOf(user: string, group: string): string {
  const gid = /^\d+$/.test(group) ? group : entryOf("group", group)?.[2];
  if (gid === undefined) throw refused(user, `there is no group ${group}`);
  return gid;
}

/** The fields of a user or a group, by name or number: from the file, else from wherever the system looks. */
function entryOf(base: "passwd" | "group", key: string): string[] | null {
  const ask = [
    () => readFileSync(`/etc/${base}`, "utf8"),
    () => execFileSync("getent", [base, key], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  ];
  for (const text of ask) {
    try {
      for (const line of text().split("\n")) {
        const fields = line.split(":");
        if (fields[0] === key || fields[2] === key) return fields;
      }
    } catch {
      // It is not there, or knows nobody of that name.
    }
  }
  return null;
}

function refused(user: string, why: string): DotlsError {
  return new DotlsError("ERR_DOTLS_USER", `cannot become user ${user}: ${why}`);
}
