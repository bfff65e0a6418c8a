import type { Context } from "hono";
import { Hono, type MiddlewareHandler } from "hono";
import { parseDuration } from "../config/duration.ts";
import { DotlsError } from "../errors.ts";
import { historyFilter, historyQueryKeys } from "../observe/history-filter.ts";
import type { Insights } from "../observe/insights.ts";
import type { HistoryRing } from "../observe/history-ring.ts";
import { printable } from "../observe/printable.ts";
import { type Trend, TREND_SPANS } from "../observe/trend.ts";
import type { Bypass } from "./bypass.ts";
import { dashboardRoutes } from "./dashboard.ts";
import { historyText } from "./history-stream.ts";
import { type ObserveSources, observeRoutes } from "./observe-routes.ts";
import { CONTROL_HEADER, CONTROL_VERSION } from "./protocol.ts";
import type { ReloadReport, Status } from "./status.ts";
import { readWebFiles } from "./web-files.ts";

/** For what is no page: nothing in it is to be run, shown in a frame, guessed at or kept. */
const PROTECTION = [
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cache-control", "no-store"],
] as const;

const HISTORY_PARAMETERS = new Set<string>([...historyQueryKeys, "limit", "follow"]);

export interface ControlSources {
  readonly status: () => Status | Promise<Status>;
  readonly history: HistoryRing;
  /** Forgets all queries, in memory and on disk; gives how many memory held. */
  readonly forget?: () => Promise<number>;
  readonly bypass?: Bypass;
  readonly trend?: Trend;
  /** What stands out in the history, as far as it may be told. */
  readonly insights?: () => Promise<Insights>;
  /** Reads the configuration again and takes it over; gives what is to be told of it. */
  readonly reload?: () => Promise<ReloadReport>;
  /** Forgets answers of a name, of a zone and all below it (`*.corp.example`), or all (null); gives how many. */
  readonly flush?: (what: string | null) => number | Promise<number>;
  /** What there is for those who watch the server. */
  readonly observe?: ObserveSources;
}

/** The control API, and the way to end its open streams when the server stops. */
export interface ControlRoutes {
  readonly app: Hono;
  readonly endStreams: () => void;
}

/**
 * `GET /v1/status`: a `Status` in JSON. `GET /v1/history`: NDJSON of `HistoryEntry`, filtered by `since`, `until`, `name`,
 * `rcode`, `type`, `client`, `source`, `upstream`, `slow`, the last `limit` of them; `follow=1` keeps the connection and streams
 * new ones. `DELETE /v1/history` forgets all queries and gives `{"forgotten":n}`.
 * `GET /v1/trend?span=5m` (or `1h`, `24h`): a `TrendView`. `GET /` and `GET /assets/*`: the dashboard.
 * `PUT /v1/bypass?for=10m&by=NAME` opens the bypass, `DELETE /v1/bypass?by=NAME` closes it; both give a `BypassStatus`.
 * `POST /v1/flush?name=NAME` forgets what is kept of a name, or of a zone and all below it (`*.zone`); without `name`, all. It
 * gives `{"removed":n}`. `POST /v1/reload` reads the configuration again and gives a `ReloadReport`.
 * Errors are `{"error":{"code","message"}}`: 400 for a parameter that cannot be understood, 404 for another path.
 */
export function controlRoutes(
  sources: ControlSources,
  guard: MiddlewareHandler | null = null,
): ControlRoutes {
  const open = new Set<AbortController>();
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    const { headers } = context.res;
    headers.set(CONTROL_HEADER, CONTROL_VERSION);
    for (const [name, value] of PROTECTION) if (!headers.has(name)) headers.set(name, value);
  });
  if (guard !== null) app.use(guard);
  app.get("/v1/status", async (context) => context.json(await sources.status()));
  app.get("/v1/history", (context) => history(context, sources.history, open));
  const { forget } = sources;
  if (forget !== undefined) {
    app.delete("/v1/history", async (context) => context.json({ forgotten: await forget() }));
  }
  dashboardRoutes(app, readWebFiles);
  const { trend } = sources;
  if (trend !== undefined) app.get("/v1/trend", (context) => trendOf(context, trend));
  const { insights } = sources;
  if (insights !== undefined) app.get("/v1/insights", async (context) => context.json(await insights()));
  const endLive = sources.observe && observeRoutes(app, sources.observe, sources.history);
  const { bypass } = sources;
  if (bypass !== undefined) {
    app.put("/v1/bypass", (context) => {
      bypass.open(parseDuration(context.req.query("for") ?? ""), whoAsks(context));
      return context.json(bypass.status());
    });
    app.delete("/v1/bypass", (context) => {
      bypass.close(`closed by ${whoAsks(context)}`);
      return context.json(bypass.status());
    });
  }
  const { flush } = sources;
  if (flush !== undefined) {
    app.post("/v1/flush", async (context) =>
      context.json({ removed: await flush(context.req.query("name") ?? null) }),
    );
  }
  const { reload } = sources;
  if (reload !== undefined) app.post("/v1/reload", async (context) => context.json(await reload()));
  app.notFound((context) => {
    const message = `there is no ${context.req.method} ${context.req.path}`;
    return context.json({ error: { code: "ERR_DOTLS_CONTROL_PATH", message } }, 404);
  });
  app.onError((error, context) => {
    const known = error instanceof DotlsError;
    const code = known ? error.code : "ERR_DOTLS_INTERNAL";
    return context.json({ error: { code, message: error.message } }, known ? 400 : 500);
  });
  return {
    app,
    endStreams: () => {
      for (const stream of open) stream.abort();
      endLive?.();
    },
  };
}

function trendOf(context: Context, trend: Trend): Response {
  const wanted = context.req.query("span") ?? TREND_SPANS[0];
  const span = TREND_SPANS.find((one) => one === wanted);
  if (span === undefined) throw unclear(`span is one of ${TREND_SPANS.join(", ")}`);
  return context.json(trend.view(span));
}

function history(context: Context, ring: HistoryRing, open: Set<AbortController>): Response {
  const query = context.req.query();
  for (const key of Object.keys(query)) {
    if (!HISTORY_PARAMETERS.has(key)) throw unclear(`there is no parameter ${JSON.stringify(key)}`);
  }
  const { follow, limit, ...wanted } = query;
  if (follow !== undefined && follow !== "0" && follow !== "1") throw unclear("follow is 0 or 1");
  if (limit !== undefined && !/^\d{1,9}$/.test(limit)) throw unclear("limit is a whole number");

  const ended = new AbortController();
  const text = historyText(ring, {
    filter: historyFilter(wanted),
    limit: limit === undefined ? null : Number(limit),
    follow: follow === "1",
    signal: ended.signal,
  });
  open.add(ended);
  let left = false;
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value } = await text.next();
        if (value !== undefined) controller.enqueue(encoder.encode(value));
        else {
          open.delete(ended);
          if (!left) controller.close();
        }
      },
      cancel() {
        left = true;
        open.delete(ended);
        ended.abort();
      },
    },
    // A piece is made when the connection can take it, not before.
    { highWaterMark: 0 },
  );
  return context.body(body, 200, { "content-type": "application/x-ndjson" });
}

/** As he says himself: whoever may open the socket could as well be the server's own user. */
function whoAsks(context: Context): string {
  const name = context.req.query("by") ?? "";
  return name === "" ? "somebody" : printable(name.slice(0, 64));
}

function unclear(message: string): DotlsError {
  return new DotlsError("ERR_DOTLS_HISTORY_QUERY", message);
}
