import { request } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { startControlHttp } from "../../src/control/control-http.ts";
import { hashToken } from "../../src/control/token.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "../observe/outcomes.ts";
import { observed } from "./observed.ts";
import { statusOf } from "./sources.ts";

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

async function start(hash: string | null = null, history = new HistoryRing(100)): Promise<string> {
  const server = await startControlHttp({
    address: "127.0.0.1",
    port: 0,
    hash,
    status: () => statusOf(),
    history,
    flush: () => 7,
    observe: observed(),
  });
  onTestFinished(() => server.close());
  return server.url;
}

/** As `fetch`, which does not let anybody choose Host, Origin and their like. */
function ask(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    })
      .on("error", reject)
      .end();
  });
}

describe("the API over HTTP, without a token", () => {
  it.each(["127.0.0.1:80", "localhost", "LOCALHOST:8053", "[::1]:8053", "dotls.localhost", "127.9.9.9"])(
    "answers under %s",
    async (host) => {
      expect((await ask(`${await start()}/v1/status`, { host })).status).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "evil.example:8053",
    "192.0.2.1",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
  ])("does not answer under %j, a name that was made to lead here", async (host) => {
    const { status, text } = await ask(`${await start()}/v1/status`, { host });
    expect(status).toBe(421);
    expect(text).not.toContain("uptime");
  });

  it("lets no page of another site ask, whatever it asks", async () => {
    const url = await start();
    const host = new URL(url).host;
    const flush = (headers: Record<string, string>): Promise<Reply> =>
      ask(`${url}/v1/flush`, headers, "POST");
    expect((await flush({ origin: "https://evil.example" })).status).toBe(403);
    expect((await flush({ origin: "null" })).status).toBe(403);
    expect((await flush({ origin: `http://${host}.evil.example` })).status).toBe(403);
    expect((await flush({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await ask(`${url}/v1/status`, { "sec-fetch-site": "same-site" })).status).toBe(403);
    expect((await flush({ origin: `http://${host}`, "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await flush({})).status).toBe(200);
  });

  it("tells browsers to run nothing, to guess nothing, to frame nothing and to keep nothing", async () => {
    const url = await start();
    for (const path of ["/v1/status", "/metrics", "/livez", "/nowhere", "/v1/explain"]) {
      const { headers } = await ask(url + path);
      expect(headers).toMatchObject({
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cache-control": "no-store",
      });
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });
});

describe("the API over HTTP, with a token", () => {
  it("answers who has it, under any name, and nobody else", async () => {
    const url = await start(await hashToken("right"));
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await ask(`${url}/v1/status`, { host: "node7.example:8053", ...headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: "Bearer wrong" })).toBe(401);
    expect(await status({ authorization: "Basic cmlnaHQ=" })).toBe(401);
    expect(await status({ authorization: "Bearer right" })).toBe(200);
    expect(await status({ authorization: "bearer right" })).toBe(200);
    expect(await status({ authorization: "Bearer right", origin: "http://evil.example" })).toBe(403);
  });

  it("says how to be let in, and not what is inside", async () => {
    const url = await start(await hashToken("right"));
    for (const path of ["/metrics", "/v1/nowhere", "/v1/history", "/v1/live", "/v1/openapi.json"]) {
      const { status, headers, text } = await ask(url + path);
      expect([path, status, headers["www-authenticate"]]).toEqual([path, 401, 'Bearer realm="dotls"']);
      expect(JSON.parse(text)).toEqual({
        error: {
          code: "ERR_DOTLS_CONTROL_DENIED",
          message: "this needs the token: Authorization: Bearer TOKEN",
        },
      });
    }
  });

  it("tells probes without one", async () => {
    const url = await start(await hashToken("right"));
    expect(await ask(`${url}/livez`)).toMatchObject({ status: 200, text: "ok\n" });
    expect(await ask(`${url}/readyz`)).toMatchObject({ status: 200, text: "ok\n" });
  });
});

describe("the address", () => {
  it("that is taken is named", async () => {
    const url = await start();
    const port = Number(new URL(url).port);
    const options = {
      address: "127.0.0.1",
      port,
      hash: null,
      status: () => statusOf(),
      history: new HistoryRing(1),
    };
    await expect(startControlHttp(options)).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_HTTP",
      message: expect.stringMatching(new RegExp(`^cannot serve the API at 127.0.0.1:${port}: .*EADDRINUSE`)),
    });
  });
});

describe("GET /v1/live", () => {
  it("gives the last queries, then the new ones, and ends when the server does", async () => {
    const ring = new HistoryRing(100);
    const server = await startControlHttp({
      address: "127.0.0.1",
      port: 0,
      hash: null,
      status: () => statusOf(),
      history: ring,
      observe: observed(),
    });
    for (const name of ["a.test", "b.test", "c.example"]) ring.ended(outcomeOf(`${name}.`));
    const response = await fetch(`${server.url}/v1/live?limit=2&name=*.test`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    let text = "";
    const ended = (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })();
    await expect.poll(() => text).toContain("b.test.");
    ring.ended(outcomeOf("d.test."));
    ring.ended(outcomeOf("e.example."));
    await expect.poll(() => text).toContain("d.test.");
    await server.close();
    await ended.catch(() => {});
    const names = [...text.matchAll(/"name":"([^"]*)"/g)].map((match) => match[1]);
    expect(names).toEqual(["a.test.", "b.test.", "d.test."]);
    expect(text.match(/^event: query$/gm)).toHaveLength(3);
  });

  it.each(["?limit=x", "?limit=1001", "?since=2026-01-01T00:00:00Z", "?nmae=x", "?rcode=NOPE"])(
    "refuses %s",
    async (search) => {
      const { status, text } = await ask(`${await start()}/v1/live${search}`);
      expect(status).toBe(400);
      expect(JSON.parse(text)).toMatchObject({ error: { code: expect.stringMatching(/^ERR_DOTLS_/) } });
    },
  );
});

describe("health", () => {
  it("is 503 with the reason when it is not well", async () => {
    const server = await startControlHttp({
      address: "127.0.0.1",
      port: 0,
      hash: null,
      status: () => statusOf(),
      history: new HistoryRing(1),
      observe: observed({
        alive: async () => "no answer at udp://::1 port 53",
        ready: () => "the server stops",
      }),
    });
    onTestFinished(() => server.close());
    expect(await ask(`${server.url}/livez`)).toMatchObject({
      status: 503,
      text: "no answer at udp://::1 port 53\n",
    });
    expect(await ask(`${server.url}/readyz`)).toMatchObject({ status: 503, text: "the server stops\n" });
  });

  it("is looked at once for all who ask at the same time", async () => {
    let looks = 0;
    const alive = async (): Promise<null> => {
      looks++;
      return null;
    };
    const server = await startControlHttp({
      address: "127.0.0.1",
      port: 0,
      hash: null,
      status: () => statusOf(),
      history: new HistoryRing(1),
      observe: observed({ alive }),
    });
    onTestFinished(() => server.close());
    await Promise.all(Array.from({ length: 20 }, () => ask(`${server.url}/livez`)));
    expect(looks).toBeLessThan(20);
  });
});
