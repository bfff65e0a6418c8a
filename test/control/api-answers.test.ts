import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { OPERATIONS } from "../../src/control/openapi.ts";
import { historySchema } from "../../src/observe/history-schema.ts";
import { type RunningServer, startServer } from "../../src/server.ts";
import { logSpy } from "../observe/log-spy.ts";
import { temporaryFolder } from "../support/peers/process.ts";
import { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { plainConfig, specOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/** Requests that are answered and such that are refused, for each operation; `LABEL` stands for that of an upstream. */
const REQUESTS: Readonly<Record<string, { readonly good: readonly string[]; readonly bad?: string }>> = {
  "get /livez": { good: [""] },
  "get /readyz": { good: [""] },
  "get /metrics": { good: [""] },
  "get /v1/status": { good: [""] },
  "get /v1/upstreams": { good: [""] },
  "post /v1/upstreams/test": { good: ["?label=LABEL", "?label=PLAIN", "?label=DOWN"], bad: "?label=nobody" },
  "get /v1/config": { good: [""] },
  "get /v1/explain": {
    good: [
      "?name=www.example.com",
      "?name=new.example.com&type=AAAA",
      "?name=gone.example",
      "?name=broken.example",
      "?name=localhost",
      "?name=x.corp.example",
      "?name=x.down.example",
      "?name=a&type=AXFR",
      "?name=a&client=203.0.113.1",
    ],
    bad: "?name=a&client=everybody",
  },
  "get /v1/history": { good: ["", "?limit=3&rcode=NXDOMAIN"], bad: "?limit=x" },
  "delete /v1/history": { good: [""] },
  "get /v1/live": { good: ["?limit=5"], bad: "?limit=x" },
  "get /v1/trend": { good: ["", "?span=1h", "?span=24h"], bad: "?span=1y" },
  "get /v1/insights": { good: [""] },
  "post /v1/flush": { good: ["?name=*.example.com", ""], bad: "?name=a..b" },
  "post /v1/reload": { good: [""] },
  "put /v1/bypass": { good: [], bad: "?for=10m&by=me" },
  "delete /v1/bypass": { good: ["?by=me"] },
  "get /v1/openapi.json": { good: [""] },
};

describe("a running server", () => {
  const folder = temporaryFolder();
  const open: ScriptedUpstream[] = [];
  let server: RunningServer;
  let document: Document;
  let client: UdpClient;
  let config: Config;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const url = (path: string): string => `${server.controlUrl}${path}`;

  beforeAll(async () => {
    const rcodes = { "gone.example": 3, "gone.example.default.svc.cluster.example": 3, "broken.example": 2 };
    const [general, dead] = [await ScriptedUpstream.start({ rcodes }), await ScriptedUpstream.start()];
    open.push(general, dead);
    await dead.refuse();
    const route = (suffix: string, upstream: Config["upstreams"][number]): Config["routes"][number] => ({
      match: [{ suffix, apex: true, written: suffix }],
      upstreams: [upstream],
      policy: "failover",
    });
    config = {
      ...plainConfig,
      upstreams: [specOf(general)],
      routes: [
        route("corp.example", readUpstream("udp://127.83.6.9:53")),
        route("down.example", specOf(dead)),
      ],
      timeout: 300,
      cache: {
        ...NO_CACHE,
        size: 4 * 1024 * 1024,
        serveStale: "on-failure",
        file: join(folder.path, "cache"),
      },
      history: { ...plainConfig.history, size: 500, file: join(folder.path, "history"), every: 50 },
      dnstap: { ...plainConfig.dnstap, to: { path: join(folder.path, "nobody.sock") } },
      bypass: { enabled: true, most: 60_000 },
      control: { socket: null, http: { address: "127.0.0.1", port: 0 }, token: "auto" },
    };
    const { log } = logSpy();
    server = await startServer(config, { log, reload: () => server.reload({ ...config, workers: 2 }) });
    client = await UdpClient.open(server.urls[0]!);
    for (const name of ["www.example.com", "gone.example", "broken.example", "localhost", "x.corp.example"]) {
      for (const type of [1, 28]) await client.ask(name, { type });
    }
    await client.ask("gone.example.default.svc.cluster.example");
    await client.ask("x.down.example");
    await client.ask("www.example.com");
    // Two looks of the trend at the least.
    await pause(4500);
    document = (await (await fetch(url("/v1/openapi.json"))).json()) as Document;
    ajv.addSchema(document, "api");
  }, 60_000);
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    for (const one of open) await one.close();
    folder.remove();
  });

  const escaped = (part: string): string =>
    encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

  /** What the document says of an answer of this media type; undefined: nothing. */
  function described(
    method: string,
    path: string,
    status: number,
    type: string,
  ): ValidateFunction | undefined {
    const where = ["paths", path, method, "responses", String(status), "content", type, "schema"];
    return ajv.getSchema(`api#/${where.map(escaped).join("/")}`);
  }

  async function request(method: string, path: string, query: string): Promise<Response> {
    const labels = config.upstreams.concat(config.routes.flatMap(({ upstreams }) => upstreams));
    const [label, plain, down] = labels.map((one) => encodeURIComponent(one.label));
    const filled = query.replace("LABEL", label!).replace("PLAIN", plain!).replace("DOWN", down!);
    return fetch(url(path + filled), { method: method.toUpperCase() });
  }

  it("is asked in every way that there is", () => {
    const ways = OPERATIONS.map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(REQUESTS)).toEqual(ways);
  });

  it("has a description in which no answer may have what is not described", () => {
    const loose: string[] = [];
    const look = (schema: unknown, at: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      const { type, properties, additionalProperties } = schema as Record<string, unknown>;
      const isMap = typeof additionalProperties === "object";
      if (type === "object" && !isMap && additionalProperties !== false) loose.push(at);
      if (type === "object" && !isMap && properties === undefined) loose.push(at);
      for (const [key, value] of Object.entries(schema)) look(value, `${at}/${key}`);
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) look(schema, name);
    expect(loose).toEqual([]);
    const removed = described("post", "/v1/flush", 200, "application/json")!;
    expect([{ removed: 1 }, { removed: 1, more: 1 }, {}].map((one) => removed(one))).toEqual([
      true,
      false,
      false,
    ]);
  });

  const json = OPERATIONS.filter(({ answer }) => answer.type === "application/json");
  // The history is forgotten last: others tell of it.
  const ordered = json.toSorted((a, b) => Number(a.method === "delete") - Number(b.method === "delete"));
  it.each(
    ordered.flatMap(({ method, path }) =>
      REQUESTS[`${method} ${path}`]!.good.map((query) => [method, path, query]),
    ),
  )("answers %s %s%s as described", async (method = "", path = "", query = "") => {
    const reply = await request(method, path, query);
    expect(reply.status).toBe(200);
    const type = reply.headers.get("content-type")!.split(";")[0]!;
    const validate = described(method, path, 200, type);
    expect(validate).toBeTypeOf("function");
    validate!(await reply.json());
    expect(validate!.errors ?? []).toEqual([]);
  });

  it.each(
    OPERATIONS.flatMap(({ method, path }) => {
      const { bad } = REQUESTS[`${method} ${path}`]!;
      return bad === undefined ? [] : [[method, path, bad]];
    }),
  )("refuses %s %s%s as described", async (method = "", path = "", query = "") => {
    const reply = await request(method, path, query);
    expect(reply.status).toBe(400);
    const validate = described(method, path, 400, "application/json")!;
    validate(await reply.json());
    expect(validate.errors ?? []).toEqual([]);
  });

  it("tells the history and the live queries by the schema of the history, and health and metrics as text", async () => {
    for (const name of ["www.example.com", "gone.example", "localhost"]) await client.ask(name);
    const line = ajv.compile(historySchema);
    const faults = (text: string): unknown => (line(JSON.parse(text)) ? [] : line.errors);
    const history = await request("get", "/v1/history", "");
    expect(history.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await history.text()).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.flatMap(faults)).toEqual([]);

    const ended = new AbortController();
    const live = await fetch(url("/v1/live?limit=3"), { signal: ended.signal });
    expect(live.headers.get("content-type")).toBe("text/event-stream");
    const { value } = await live.body!.getReader().read();
    ended.abort();
    const events = Buffer.from(value)
      .toString()
      .matchAll(/^event: query\ndata: (.*)$/gm);
    expect([...events].flatMap(([, data]) => faults(data!))).toEqual([]);

    for (const path of ["/livez", "/readyz", "/metrics"]) {
      const reply = await request("get", path, "");
      expect([path, reply.status, reply.headers.get("content-type")]).toEqual([
        path,
        200,
        expect.stringMatching(/^text\/plain/),
      ]);
    }
  });

  it("has written the same lines into its file", () => {
    const line = ajv.compile(historySchema);
    const lines = readFileSync(join(folder.path, "history"), "utf8").trimEnd().split("\n");
    expect(lines.filter((text) => text !== "" && !line(JSON.parse(text)))).toEqual([]);
  });
});
