import type { MiddlewareHandler } from "hono";
import { isLoopback } from "../config/ip-address.ts";
import type { TokenCheck } from "./token.ts";

/** What is told to everybody: probes carry no token, and the page holds nothing but itself. */
const OPEN = new Set(["/livez", "/readyz", "/"]);

/** Where the files of the page are. */
const ASSETS = "/assets/";

/**
 * Stands before the API where it is served over TCP, which every program and every page in a browser on this machine can
 * reach. `check` null: no token is needed, as it listens on a loopback address.
 *
 * A page of another site cannot get in: its requests carry its own Origin or say that they are cross-site; and one whose name
 * was made to lead here (DNS rebinding) carries that name in Host, where only loopback addresses and localhost are taken.
 * With a token the name does not matter: no page of another site has it, as no browser adds it by itself.
 */
export function guard(check: TokenCheck | null): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context;
    const host = req.header("host") ?? "";
    const refuse = (status: 401 | 403 | 421 | 429, code: string, message: string): Response =>
      context.json({ error: { code, message } }, status);
    if (check === null && !isLocalHost(host)) {
      return refuse(
        421,
        "ERR_DOTLS_CONTROL_HOST",
        "this server answers under localhost and its address alone",
      );
    }
    const isPage = OPEN.has(req.path) || req.path.startsWith(ASSETS);
    if (isForeign(req.header("origin"), host) || isCrossSite(req.header("sec-fetch-site"), isPage)) {
      return refuse(403, "ERR_DOTLS_CONTROL_ORIGIN", "pages of other sites may not ask this server");
    }
    if (check !== null && !isPage) {
      const [, token = ""] = /^Bearer +([^ ]+)$/i.exec(req.header("authorization") ?? "") ?? [];
      const verdict = await check.look(token);
      if (verdict === "busy") {
        context.header("retry-after", "1");
        return refuse(429, "ERR_DOTLS_CONTROL_BUSY", "another token is being looked at");
      }
      if (verdict === "wrong") {
        context.header("www-authenticate", 'Bearer realm="dotls"');
        return refuse(401, "ERR_DOTLS_CONTROL_DENIED", "this needs the token: Authorization: Bearer TOKEN");
      }
    }
    return next();
  };
}

/** `localhost`, a name below it, or a loopback address, with or without a port. */
function isLocalHost(host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return isLoopback(name.replace(/^\[|\]$/g, ""));
}

/** Browsers send Origin with what changes something, and with what is asked across origins. */
function isForeign(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return false;
  // A proxy that speaks TLS passes Host on, and the scheme is then another one.
  return origin !== `http://${host}` && origin !== `https://${host}`;
}

/** A link on another site may lead to the page, and to nothing else. */
function isCrossSite(site: string | undefined, isPage: boolean): boolean {
  return site !== undefined && site !== "same-origin" && site !== "none" && !isPage;
}
