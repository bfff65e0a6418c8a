import { isAbsolute, join } from "node:path";

/**
 * The folder for what outlives the process when the configuration says `auto`: what systemd has made for the service,
 * else /var/lib/dotls for root, else `dotls` in $XDG_STATE_HOME or in ~/.local/state. Null when there is no home. A path
 * that is not absolute counts as unset, as the XDG specification wants.
 */
export function automaticState(env: NodeJS.ProcessEnv, uid: number): string | null {
  // Of several folders that systemd made, the first is the one that belongs to the service as a whole.
  const given = absolute(env["STATE_DIRECTORY"]?.split(":", 1)[0]);
  if (given !== null) return given;
  if (uid === 0) return "/var/lib/dotls";
  const states = absolute(env["XDG_STATE_HOME"]);
  if (states !== null) return join(states, "dotls");
  const home = absolute(env["HOME"]);
  return home === null ? null : join(home, ".local", "state", "dotls");
}

function absolute(path: string | undefined): string | null {
  return path !== undefined && isAbsolute(path) ? path : null;
}
