import type { ControlConfig } from "./config.ts";
import { formatHostPort } from "./ip-address.ts";
import { parseListen } from "./listen-address.ts";
import { splitAddress } from "./split-address.ts";
import { ConfigValueError } from "./value-error.ts";

/**
 * Reads where the API is to be had over HTTP: `127.0.0.1:8053`, `http://[::1]:8053`, or `none`. The port must be there: none
 * is known for it.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_LISTEN
 */
export function parseControlHttp(text: string): ControlConfig["http"] {
  if (text === "none") return null;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme !== undefined && scheme.toLowerCase() !== "http") {
    const hint = "let it listen on a loopback address, behind a proxy that speaks TLS";
    throw bad(`"${text}": the API speaks http:// alone`, hint);
  }
  const rest = scheme === undefined ? text : text.slice(scheme.length + 3).replace(/\/$/, "");
  if (splitAddress(rest)?.port === null) throw bad(`"${text}" names no port`, "write it as 127.0.0.1:8053");
  const [{ address, port } = { address: "", port: 0 }] = parseListen(rest);
  return { address, port };
}

/** Writes it as `parseControlHttp` reads it. */
export function formatControlHttp(http: ControlConfig["http"]): string {
  return http === null ? "none" : formatHostPort(http.address, http.port);
}

function bad(message: string, hint: string): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_LISTEN", message, hint);
}
