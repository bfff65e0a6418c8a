import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import type { WebFile, WebFiles } from "./web-files.ts";

/**
 * What the page may do: load its own script and style, and talk to the server that it is from. Nothing in line, so that no
 * name out of a query can become a script; no frame around it, so that nobody can put a button under a click.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const YEAR = 31_536_000;

/**
 * `GET /` and `GET /assets/*`: the dashboard. It holds nothing of what the server knows, so it asks for no token; what it
 * shows it gets from the API. `read` is called when the first one asks.
 */
export function dashboardRoutes(app: Hono, read: () => Promise<WebFiles>): void {
  let files: Promise<WebFiles> | null = null;
  const load = (): Promise<WebFiles> => {
    // A package that is replaced while it runs is read again.
    files ??= read().catch((error: unknown) => {
      files = null;
      throw error;
    });
    return files;
  };
  app.get("/", async (context) => {
    const file = (await load()).get("index.html");
    // The page names the files of its version: who comes back must ask whether it still does.
    return file === undefined ? context.notFound() : send(context, file, "no-cache");
  });
  app.get("/assets/*", async (context) => {
    const file = (await load()).get(context.req.path.slice(1));
    // Their names hold a hash of what is in them.
    return file === undefined
      ? context.notFound()
      : send(context, file, `public, max-age=${YEAR}, immutable`);
  });
}

const tags = new WeakMap<WebFile, string>();

function send(context: Context, file: WebFile, caching: string): Response {
  const coding = codingOf(context.req.header("accept-encoding") ?? "");
  const tag = tagOf(file);
  // Weak: the bytes differ with the coding, what they mean does not (RFC 9110 section 8.8.3).
  const headers: Record<string, string> = {
    etag: `W/"${tag}"`,
    "cache-control": caching,
    vary: "accept-encoding",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  };
  if (matches(context.req.header("if-none-match") ?? "", tag)) return context.body(null, 304, headers);
  const bytes = coding === "br" ? file.brotli : coding === "gzip" ? file.gzip : file.bytes;
  headers["content-type"] = file.type;
  headers["content-length"] = String(bytes.length);
  if (coding !== null) headers["content-encoding"] = coding;
  return context.body(bytes, 200, headers);
}

function tagOf(file: WebFile): string {
  let tag = tags.get(file);
  if (tag === undefined) {
    tag = createHash("sha256").update(file.bytes).digest("base64url").slice(0, 22);
    tags.set(file, tag);
  }
  return tag;
}

/** Whether one of the tags of If-None-Match is this one; `*` is any (RFC 9110 section 13.1.2). */
function matches(header: string, tag: string): boolean {
  return header.split(",").some((one) => {
    const text = one.trim();
    return text === "*" || text.replace(/^W\//, "") === `"${tag}"`;
  });
}

/** The smaller of the codings that a client takes; what it gives `q=0` it does not (RFC 9110 section 12.5.3). */
function codingOf(header: string): "br" | "gzip" | null {
  const accepted = new Map<string, boolean>();
  for (const item of header.toLowerCase().split(",")) {
    const [coding = "", ...parameters] = item.split(";").map((part) => part.trim());
    accepted.set(coding, !parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter)));
  }
  const takes = (coding: string): boolean => accepted.get(coding) ?? accepted.get("*") ?? false;
  if (takes("br")) return "br";
  return takes("gzip") ? "gzip" : null;
}
