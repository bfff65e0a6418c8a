import { describe, expect, it, onTestFinished } from "vitest";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import type { Config } from "../../src/config/config.ts";
import { apiSchemas } from "../../src/control/api-schemas.ts";
import { Bypass } from "../../src/control/bypass.ts";
import type { Explanation, UpstreamTest } from "../../src/control/explanation.ts";
import { OPERATIONS, openApi } from "../../src/control/openapi.ts";
import { controlRoutes } from "../../src/control/routes.ts";
import type { UpstreamDetail } from "../../src/control/status.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { Trend } from "../../src/observe/trend.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { type Served, serve, specOf } from "../support/serve.ts";
import { observed } from "./observed.ts";
import { statusOf } from "./sources.ts";

const overHttp: Partial<Config> = {
  control: { socket: null, http: { address: "127.0.0.1", port: 0 }, token: "auto" },
};

async function json<T>({ server }: Served, path: string, method = "GET"): Promise<T> {
  const response = await fetch(`${server.controlUrl}${path}`, { method });
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as T;
}

/** What an answer has that the description does not say, or the other way round. */
function faults(schema: string, value: unknown): unknown {
  const result = apiSchemas[schema]!.safeParse(value);
  return result.success ? [] : result.error.issues;
}

describe("the description of the API", () => {
  it("has every route there is, and no other", () => {
    const trend = new Trend({ counters: () => statusOf().queries, servers: () => [] });
    const bypass = new Bypass({
      enabled: true,
      most: 1,
      find: () => [],
      onOpen: () => {},
      onClose: () => {},
    });
    const { app } = controlRoutes({
      status: () => statusOf(),
      history: new HistoryRing(1),
      forget: async () => 0,
      bypass,
      trend,
      insights: async () => {
        throw new Error("not asked for");
      },
      flush: () => 0,
      reload: async () => ({ listeners: [], needsRestart: [] }),
      observe: observed(),
    });
    const routes = app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path}`)
      .filter((route) => route !== "GET /" && route !== "GET /assets/*");
    const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(new Set(routes)).toEqual(new Set(described));
  });

  it("is one of OpenAPI 3.1 whose references lead somewhere, each operation under a name of its own", () => {
    const document = openApi() as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string; responses: object }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe("3.1.0");
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1]!);
    expect(new Set(references)).toEqual(new Set(Object.keys(document.components.schemas)));
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => one.operationId),
    );
    expect(new Set(ids).size).toBe(OPERATIONS.length);
    expect(ids).toContain("getV1OpenapiJson");
  });
});

describe("a server's answers are as described", () => {
  it("status, upstreams, configuration and health, before a query and after some", async () => {
    const upstream = await start();
    const spec = specOf(upstream);
    const served = await serve([spec], overHttp);
    for (const asked of [false, true]) {
      if (asked) for (const name of ["a.test", "b.test"]) await served.client.ask(name);
      expect(faults("Status", await json(served, "/v1/status"))).toEqual([]);
      const upstreams = await json<readonly UpstreamDetail[]>(served, "/v1/upstreams");
      expect(upstreams.flatMap((one) => faults("Upstream", one))).toEqual([]);
      expect(upstreams).toMatchObject([{ label: spec.label, state: asked ? "up" : "idle", protocol: "tls" }]);
      expect(faults("Config", await json(served, "/v1/config"))).toEqual([]);
    }
    const [detail] = await json<readonly UpstreamDetail[]>(served, "/v1/upstreams");
    expect(detail).toMatchObject({
      tls: { version: "TLSv1.3", alpn: "dot" },
      certificate: {
        names: expect.arrayContaining([upstream.name, "127.0.0.1"]),
        pins: expect.arrayContaining([upstream.pin, upstream.issuerPin]),
      },
      links: { open: 1 },
      outcomes: { ok: 2 },
    });
    expect(Date.parse(detail!.certificate!.validTo)).toBeGreaterThan(Date.now());
    expect(detail!.durations.counts.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(detail!.recent.p50).toBeGreaterThan(0);
  });

  it("every option is there with its value, and no secret is", async () => {
    const served = await serve([], {
      ...overHttp,
      control: { ...overHttp.control!, token: "auto" },
      listen: [{ transport: "udp", address: "127.0.0.1", port: 0 }],
    });
    const { options } = await json<{ options: { key: string; value: unknown; origin: string }[] }>(
      served,
      "/v1/config",
    );
    expect(options.find(({ key }) => key === "timeout")).toEqual({
      key: "timeout",
      value: "4s",
      origin: "program",
    });
  });

  it("livez asks our own doors and never the upstream", async () => {
    const upstream = await start();
    await upstream.refuse();
    const served = await serve([specOf(upstream)], overHttp);
    await served.client.ask("a.test");
    const response = await fetch(`${served.server.controlUrl}/livez`);
    expect([response.status, await response.text()]).toEqual([200, "ok\n"]);
    expect(upstream.counters.queries).toBe(0);
    const names = [...Array(served.server.history.recorded).keys()].map(
      (at) => served.server.history.entry(at)!.name,
    );
    // One for UDP and one for TCP.
    expect(names.filter((name) => name === "localhost.")).toHaveLength(2);
  });

  it("a test of an upstream is one exchange on a connection of its own, whatever state it is in", async () => {
    const upstream = await start();
    const spec = specOf(upstream);
    const served = await serve([spec], overHttp);
    const path = `/v1/upstreams/test?label=${encodeURIComponent(spec.label)}`;
    const test = async (): Promise<UpstreamTest> => {
      const tests = await json<readonly UpstreamTest[]>(served, path, "POST");
      expect(tests.flatMap((one) => faults("Test", one))).toEqual([]);
      expect(tests).toHaveLength(1);
      return tests[0]!;
    };
    expect(await test()).toMatchObject({
      ok: true,
      rcode: "NOERROR",
      authenticated: "name",
      tlsVersion: "TLSv1.3",
      error: null,
    });
    expect(served.server.status().upstreams[0]).toMatchObject({ queries: 0, connections: 0, state: "idle" });
    await upstream.refuse();
    expect(await test()).toMatchObject({ ok: false, error: "connection refused", connectMs: null });
  });

  it("a test of an upstream asks for a zone that it is there for, and any answer shows that it lives", async () => {
    const [general, corp] = [await start(), await start({ rcodes: { "corp.test": 5 } })];
    const [spec, own] = [specOf(general), specOf(corp)];
    const match = [
      { suffix: "corp.test", apex: true, written: "corp.test" },
      { suffix: "10.in-addr.arpa", apex: false, written: "*.10.in-addr.arpa" },
    ];
    const served = await serve([spec], {
      ...overHttp,
      routes: [{ match, upstreams: [own], policy: "failover" }],
    });
    const test = async ({ label }: { label: string }): Promise<readonly UpstreamTest[]> =>
      json(served, `/v1/upstreams/test?label=${encodeURIComponent(label)}`, "POST");
    expect(await test(spec)).toMatchObject([{ question: ". NS", ok: true, rcode: "NOERROR" }]);
    expect(await test(own)).toMatchObject([
      { question: "corp.test. NS", ok: true, rcode: "REFUSED", error: null, authenticated: "name" },
    ]);
  });

  it("a test of an upstream says what is wrong with its certificate, and of a label that nobody has so", async () => {
    const spec = specOf(await start({ certificate: "wrong-name" }));
    const served = await serve([spec], overHttp);
    const path = `/v1/upstreams/test?label=${encodeURIComponent(spec.label)}`;
    const [failed] = await json<readonly UpstreamTest[]>(served, path, "POST");
    expect(failed).toMatchObject({ ok: false, authenticated: null });
    expect(failed!.error).toMatch(/the certificate is not for/);
    const response = await fetch(`${served.server.controlUrl}/v1/upstreams/test?label=nobody`, {
      method: "POST",
    });
    expect([response.status, faults("Error", await response.json())]).toEqual([400, []]);
  });
});

describe("GET /v1/explain", () => {
  async function explain(served: Served, name: string, type?: string): Promise<Explanation> {
    const search = new URLSearchParams({ name, ...(type !== undefined && { type }) });
    const found = await json<Explanation>(served, `/v1/explain?${search.toString()}`);
    expect(faults("Explanation", found)).toEqual([]);
    return found;
  }

  it("says which rule, local name, cache entry, route and upstream would answer, and asks nobody", async () => {
    const general = await start();
    const corp = await start();
    const spec = specOf(general);
    const own = specOf(corp);
    const served = await serve([spec], {
      ...overHttp,
      cache: { ...NO_CACHE, size: 4 * 1024 ** 2 },
      routes: [
        {
          match: [{ suffix: "corp.test", apex: true, written: "corp.test" }],
          upstreams: [own],
          policy: "failover",
        },
      ],
    });
    expect(await explain(served, "localhost")).toMatchObject({ name: "localhost.", answeredBy: "local" });
    expect(await explain(served, "a.test", "AXFR")).toMatchObject({
      answeredBy: "local",
      steps: [{ stage: "access" }, { stage: "question" }],
    });
    expect(await explain(served, "A.Test")).toMatchObject({
      name: "A.Test.",
      answeredBy: "upstream",
      cache: null,
      route: { match: null, policy: "failover", first: spec.label },
    });
    expect(await explain(served, "x.CORP.test", "AAAA")).toMatchObject({
      type: "AAAA",
      answeredBy: "upstream",
      route: { match: "corp.test", first: own.label, upstreams: [{ label: own.label, eligible: true }] },
    });
    expect([general.counters.queries, corp.counters.queries]).toEqual([0, 0]);
    await served.client.ask("a.test");
    expect(await explain(served, "a.TEST")).toMatchObject({
      answeredBy: "cache",
      cache: { state: "fresh", rcode: "NOERROR", age: expect.any(Number) },
    });
    await corp.refuse();
    await served.client.ask("x.corp.test");
    const down = await explain(served, "y.corp.test");
    expect(down).toMatchObject({ answeredBy: "nobody", route: { first: null } });
    expect(down.summary).toContain("connection refused");
  });

  it.each([
    ["", "name is missing"],
    ["?name=a..b", "ERR_DOTLS_BAD_TEXT"],
    ["?name=a.test&type=NOPE", "is no type"],
  ])("refuses %j", async (search, wanted) => {
    const served = await serve([], overHttp);
    onTestFinished(() => {});
    const response = await fetch(`${served.server.controlUrl}/v1/explain${search}`);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(`${error.code} ${error.message}`).toContain(wanted);
  });
});
