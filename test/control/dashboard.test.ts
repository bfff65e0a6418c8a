import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import { startControlHttp } from "../../src/control/control-http.ts";
import { dashboardRoutes } from "../../src/control/dashboard.ts";
import { hashToken } from "../../src/control/token.ts";
import { readWebFiles, type WebFiles } from "../../src/control/web-files.ts";
import { readWebFolder } from "../../src/control/web-folder.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { temporaryFolder } from "../support/peers/process.ts";
import { statusOf } from "./sources.ts";

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));

function page(text: string): WebFiles {
  const file = {
    type: "text/html; charset=utf-8",
    bytes: bytesOf(text),
    gzip: bytesOf("gz"),
    brotli: bytesOf("br"),
  };
  return new Map([
    ["index.html", file],
    ["assets/main-1.js", { ...file, type: "text/javascript; charset=utf-8", bytes: bytesOf("script") }],
  ]);
}

function routes(read: () => Promise<WebFiles> = async () => page("page")): Hono {
  const app = new Hono();
  dashboardRoutes(app, read);
  return app;
}

const get = async (path: string, headers: Record<string, string> = {}, app = routes()): Promise<Response> =>
  app.request(path, { headers });

describe("the files of the dashboard", () => {
  it.each([
    ["", null],
    ["identity", null],
    ["gzip", "gzip"],
    ["gzip, deflate, br", "br"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["BR", "br"],
    ["*", "br"],
    ["*;q=0", null],
    ["br;q=0.000,*;q=0.1", "gzip"],
    [", ;q=1,,x", null],
  ])("come in a coding that %j takes", async (accepted, coding) => {
    const reply = await get("/", { "accept-encoding": accepted });
    expect(reply.headers.get("content-encoding")).toBe(coding);
    expect(reply.headers.get("vary")).toBe("accept-encoding");
    expect(await reply.text()).toBe({ gzip: "gz", br: "br" }[coding ?? ""] ?? "page");
  });

  it("are kept for ever, but the page itself, which names them, is asked for again", async () => {
    const asset = await get("/assets/main-1.js");
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    const first = await get("/");
    expect(first.headers.get("cache-control")).toBe("no-cache");
    const tag = first.headers.get("etag")!;
    for (const match of [tag, tag.slice(2), `"x", ${tag}`, "*"]) {
      const again = await get("/", { "if-none-match": match });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", tag]);
    }
    expect((await get("/", { "if-none-match": '"x"' })).status).toBe(200);
    const other = await get(
      "/",
      { "if-none-match": tag },
      routes(async () => page("other")),
    );
    expect([other.status, await other.text()]).toEqual([200, "other"]);
  });

  it("run nothing that stands in the page, and let nobody frame it", async () => {
    const { headers } = await get("/");
    const policy = headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|data:|https?:|\*/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  it.each([
    "/assets/",
    "/assets/nothing.js",
    "/assets/../index.html",
    "/assets/%2e%2e/index.html",
    "/assets/..%2f..%2fpackage.json",
  ])("are those that were built, and nothing else: %s", async (path) => {
    // As it is written: fetch would take the dots out.
    const { url, close } = await startControlHttp({
      address: "127.0.0.1",
      port: 0,
      hash: null,
      status: () => statusOf(),
      history: new HistoryRing(1),
    });
    onTestFinished(close);
    const reply = await new Promise<string>((resolve, reject) => {
      request(url, { path }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve(`${response.statusCode} ${text}`));
      })
        .on("error", reject)
        .end();
    });
    expect(reply).toMatch(/^404 .*ERR_DOTLS_CONTROL_PATH/);
  });

  it("are looked for again after they could not be read", async () => {
    let there = false;
    const app = routes(async () => {
      if (!there) throw new Error("not built");
      return page("page");
    });
    app.onError((error, context) => context.text(error.message, 500));
    expect((await get("/", {}, app)).status).toBe(500);
    there = true;
    expect((await get("/", {}, app)).status).toBe(200);
  });

  it("are read with their compressed forms, and with nothing that is no page", async () => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    mkdirSync(join(folder.path, "assets"));
    for (const name of ["index.html", "assets/a.css"]) {
      for (const ending of ["", ".gz", ".br"]) writeFileSync(join(folder.path, name + ending), name + ending);
    }
    writeFileSync(join(folder.path, "LICENSES.txt"), "text");
    const files = await readWebFiles(() => readWebFolder(folder.path));
    expect([...files.keys()].toSorted()).toEqual(["assets/a.css", "index.html"]);
    expect(Buffer.from(files.get("assets/a.css")!.brotli).toString()).toBe("assets/a.css.br");
  });
});

describe("the dashboard of this package", () => {
  it("is served without a token, as it holds nothing, while the API is not", async () => {
    const { url, close } = await startControlHttp({
      address: "127.0.0.1",
      port: 0,
      hash: await hashToken("secret"),
      status: () => statusOf(),
      history: new HistoryRing(1),
    });
    onTestFinished(close);
    const reply = await fetch(`${url}/`);
    expect(reply.status).toBe(200);
    const text = await reply.text();
    for (const [, path] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const asset = await fetch(`${url}/${path}`);
      expect([path, asset.status]).toEqual([expect.stringMatching(/^assets\/\w+-\w{8,}\.\w+$/), 200]);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
    expect((await fetch(`${url}/v1/status`)).status).toBe(401);
  });

  it("has under 40 KB in all as it is sent, and asks nobody else for anything", async () => {
    const files = await readWebFiles();
    const sizes = [...files.values()].map(({ gzip }) => gzip.length);
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(40_000);
    for (const [name, { bytes, gzip, brotli }] of files) {
      expect([name, gunzipSync(gzip).equals(bytes)]).toEqual([name, true]);
      expect([name, brotliDecompressSync(brotli).equals(bytes)]).toEqual([name, true]);
      const links =
        Buffer.from(bytes)
          .toString()
          .match(/(?:https?:)?\/\/[\w.-]+\.\w{2,}/g) ?? [];
      // The name of a language, not an address.
      expect(links.filter((link) => link !== "http://www.w3.org")).toEqual([]);
    }
    const html = Buffer.from(files.get("index.html")!.bytes).toString();
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/);
  });
});
