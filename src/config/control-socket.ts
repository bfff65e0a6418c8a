import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * Where the control socket is when the configuration says `auto`: /run/dotls/control.sock for root, else dotls.sock in
 * $XDG_RUNTIME_DIR, else control.sock in a folder of the user in the temporary directory. A relative $XDG_RUNTIME_DIR
 * counts as unset, as its specification wants.
 */
export function automaticSocket(env: NodeJS.ProcessEnv, uid: number): string {
  if (uid === 0) return "/run/dotls/control.sock";
  const runtime = env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && isAbsolute(runtime)) return join(runtime, "dotls.sock");
  return join(tmpdir(), `dotls-${uid}`, "control.sock");
}

/** The longest path that a socket address holds on every system dotls runs on (`sun_path` of macOS, its final 0 aside). */
export const SOCKET_PATH_LIMIT = 103;
