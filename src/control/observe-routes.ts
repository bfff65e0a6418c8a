import { isIP } from "node:net";
import type { Context, Hono } from "hono";
import type { EffectiveOption } from "../config/print.ts";
import { parseName } from "../dns/name.ts";
import { typeCode } from "../dns/rrtype.ts";
import { DotlsError } from "../errors.ts";
import { historyFilter, historyQueryKeys } from "../observe/history-filter.ts";
import type { HistoryRing } from "../observe/history-ring.ts";
import type { MetricsSample } from "../observe/metrics/sample.ts";
import type { Explanation, UpstreamTest } from "./explanation.ts";
import { historyText } from "./history-stream.ts";
import { LiveFeed } from "./live-feed.ts";
import type { UpstreamDetail } from "./status.ts";

/** The configuration in force, as `GET /v1/config` tells it. */
export interface ConfigView {
  /** The file; null: none. */
  readonly file: string | null;
  /** Changes with every change of the effective configuration. */
  readonly hash: string;
  /** ISO 8601 in UTC: when it was taken. */
  readonly loadedAt: string;
  readonly options: readonly EffectiveOption[];
}

/** What the server has to say for those who watch it. */
export interface ObserveSources {
  readonly upstreams: () => Promise<readonly UpstreamDetail[]>;
  readonly config: () => Promise<ConfigView>;
  readonly metrics: () => Promise<MetricsSample>;
  /** Why the process is not alive, in words; null: it is. No server out there has a part in it. */
  readonly alive: () => Promise<string | null>;
  /** Why it should get no queries, in words; null: it should. */
  readonly ready: () => string | null;
  /** `name` in wire form; `client`: an IP address, null for somebody who may ask. */
  readonly explain: (name: Uint8Array, type: number, client: string | null) => Promise<Explanation>;
  /** Null: no upstream has this label. */
  readonly test: (label: string) => Promise<readonly UpstreamTest[] | null>;
}

const ROOT = new Uint8Array(1);

/** For how long one look at our own doors serves all who ask, in ms. */
const ALIVE_FOR = 1000;

/** Past queries that a live feed may begin with, at the most. */
const MOST_PAST = 1000;

/** What a live feed takes: what is to come has no time yet. */
const LIVE_KEYS = new Set<string>(historyQueryKeys.filter((key) => key !== "since" && key !== "until"));

/** Adds what is for those who watch the server; docs/api.md and openapi.ts say what each does. Gives the way to end live feeds. */
export function observeRoutes(app: Hono, sources: ObserveSources, ring: HistoryRing): () => void {
  const live = new LiveFeed(ring);
  let looked: { readonly at: number; readonly answer: Promise<string | null> } | null = null;
  const alive = (): Promise<string | null> => {
    const now = performance.now();
    if (looked === null || now - looked.at > ALIVE_FOR) looked = { at: now, answer: sources.alive() };
    return looked.answer;
  };
  app.get("/livez", async (context) => health(context, await alive()));
  app.get("/readyz", (context) => health(context, sources.ready()));
  app.get("/metrics", async (context) => {
    const [sample, { METRICS_TYPE, metricsText }] = await Promise.all([
      sources.metrics(),
      import("../observe/metrics/exposition.ts"),
    ]);
    return context.body(await metricsText(sample), 200, { "content-type": METRICS_TYPE });
  });
  app.get("/v1/upstreams", async (context) => context.json(await sources.upstreams()));
  app.post("/v1/upstreams/test", async (context) => {
    const label = context.req.query("label") ?? "";
    const tests = await sources.test(label);
    if (tests === null) throw unclear(`no upstream has the label ${JSON.stringify(label)}`);
    return context.json(tests);
  });
  app.get("/v1/config", async (context) => context.json(await sources.config()));
  app.get("/v1/explain", async (context) => {
    const name = context.req.query("name");
    if (name === undefined || name === "") throw unclear("name is missing");
    const wanted = context.req.query("type") ?? "A";
    const type = typeCode(wanted);
    if (type === undefined) throw unclear(`${JSON.stringify(wanted)} is no type`);
    const client = context.req.query("client") ?? null;
    if (client !== null && isIP(client) === 0) throw unclear(`${JSON.stringify(client)} is no IP address`);
    return context.json(await sources.explain(parseName(name, ROOT), type, client));
  });
  app.get("/v1/live", (context) => follow(context, live, ring));
  app.get("/v1/openapi.json", async (context) => {
    const { openApi } = await import("./openapi.ts");
    return context.json(openApi());
  });
  return () => live.end();
}

/** For probes: the status says it all, the text is for people. */
function health(context: Context, trouble: string | null): Response {
  return trouble === null ? context.text("ok\n") : context.text(`${trouble}\n`, 503);
}

async function follow(context: Context, live: LiveFeed, ring: HistoryRing): Promise<Response> {
  const { limit = "0", ...wanted } = context.req.query();
  for (const key of Object.keys(wanted)) {
    if (!LIVE_KEYS.has(key)) throw unclear(`there is no parameter ${JSON.stringify(key)}`);
  }
  if (!/^\d{1,4}$/.test(limit) || Number(limit) > MOST_PAST) {
    throw unclear(`limit is a whole number up to ${MOST_PAST}`);
  }
  const filter = historyFilter(wanted);
  const past: string[] = [];
  // In one turn with the first step of the reading, so that no query comes twice or never.
  const from = ring.recorded;
  const text = historyText(ring, {
    filter,
    limit: Number(limit),
    follow: false,
    signal: context.req.raw.signal,
  });
  for await (const lines of text) {
    past.push(...lines.split("\n").filter((line) => line !== "" && !line.startsWith('{"lost"')));
  }
  return context.body(live.join(filter, past, from), 200, {
    "content-type": "text/event-stream",
    // A proxy must not gather what is to be seen at once.
    "x-accel-buffering": "no",
  });
}

function unclear(message: string): DotlsError {
  return new DotlsError("ERR_DOTLS_CONTROL_PARAMETER", message);
}
