import { mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ControlConfig, ControlToken } from "../config/config.ts";
import { isTokenHash } from "../config/control-token.ts";
import { isLoopback } from "../config/ip-address.ts";
import { hashOfWritten, isToken } from "../config/token-hash.ts";
import { DotlsError } from "../errors.ts";
import { hashToken, makeToken } from "./token.ts";

/** The name of the file in the state folder. */
const FILE = "control-token";

/** The hash that requests over HTTP are held against, and the token where it was made just now. */
export interface TokenSource {
  /** Null: no token is needed. */
  readonly hash: string | null;
  /** To be shown once; null: it was made before, or by somebody else. */
  readonly fresh: string | null;
}

/**
 * The hash for an address, as the configuration has it; made now where it says `auto`, the address is not a loopback one, and
 * none was made before. `state`: the folder for what outlives the process; null: there is none. Rejects with DotlsError
 * (ERR_DOTLS_CONTROL_TOKEN) when there can be none: an open door to everybody is not an answer to that.
 */
export async function tokenFor(
  { address }: NonNullable<ControlConfig["http"]>,
  token: ControlToken,
  state: string | null,
): Promise<TokenSource> {
  if (token !== "auto") return { hash: "hash" in token ? token.hash : await hashIn(token.file), fresh: null };
  if (isLoopback(address.replace(/%.*$/, ""))) return { hash: null, fresh: null };
  if (state === null)
    throw unusable("control.http needs a token on this address, and nothing is kept (state: none)");
  const file = join(state, FILE);
  const kept = await readIfThere(file);
  if (kept !== null) return { hash: checked(kept, file), fresh: null };
  const fresh = makeToken();
  const hash = await hashToken(fresh);
  await keep(file, hash);
  return { hash, fresh };
}

async function hashIn(file: string): Promise<string> {
  const text = await readIfThere(file);
  if (text === null) throw unusable(`there is no file ${file} (control.token)`);
  return checked(text, file);
}

function checked(text: string, file: string): string {
  const content = text.trim();
  if (isTokenHash(content)) return content;
  if (isToken(content)) return hashOfWritten(content);
  throw unusable(`${file} holds neither a token of at least 20 characters nor the hash of one`);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isNodeError(error) && error.code === "ENOENT") return null;
    throw unusable(`${file} cannot be read: ${reasonOf(error)}`, error);
  }
}

async function keep(file: string, hash: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(`${hash}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unusable(`the hash of the token cannot be kept in ${file}: ${reasonOf(error)}`, error);
  }
}

function unusable(reason: string, cause?: unknown): DotlsError {
  const message = `${reason}; make a token with \`dotls token\` and set control.token to its hash`;
  return new DotlsError("ERR_DOTLS_CONTROL_TOKEN", message, { cause });
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
