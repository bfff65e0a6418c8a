import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../support/config-folder.ts";
import { PlainServer } from "../../support/plain-server.ts";
import { examine, start } from "./surroundings.ts";

/** A resolver that knows where dot.test is. */
function resolverKnowing(address: string): Promise<PlainServer> {
  return PlainServer.start(({ name, type }) => ({
    answer: type === "A" && name === "dot.test" ? `dot.test. 60 IN A ${address}\n` : "",
  }));
}

describe("an upstream that is known by name", () => {
  it("is found through bootstrap, and examined where it is", async () => {
    const upstream = await start();
    const resolver = await resolverKnowing("127.0.0.1");
    const { code, found } = await examine(`tls://dot.test:${upstream.port}`, {
      flags: { tlsCa: upstream.caFile(), set: [`bootstrap=127.0.0.1:${resolver.port}`] },
    });
    expect(code).toBe(0);
    expect(found.get("resolve")).toMatchObject({
      mark: "ok",
      facts: { name: "dot.test", addresses: ["127.0.0.1"], from: [`127.0.0.1:${resolver.port}`] },
    });
    expect(found.get("resolve")!.text).toMatch(/^[\d.]+ ms, 127\.0\.0\.1, from 127\.0\.0\.1:\d+$/);
    expect(found.get("query")!.mark).toBe("ok");
  });

  it("works with one bootstrap resolver of two, and the other one is named", async () => {
    const upstream = await start();
    const resolver = await resolverKnowing("127.0.0.1");
    const { code, found } = await examine(`tls://dot.test:${upstream.port}`, {
      flags: { tlsCa: upstream.caFile(), set: [`bootstrap=127.0.0.1:1,127.0.0.1:${resolver.port}`] },
    });
    expect(code).toBe(0);
    expect(found.get("resolve")).toMatchObject({
      mark: "warn",
      details: [
        expect.stringMatching(/^127\.0\.0\.1:1: nobody listens on the UDP port \([\d.]+ ms\)$/),
        expect.stringMatching(/^127\.0\.0\.1:\d+: 127\.0\.0\.1 \([\d.]+ ms\)$/),
      ],
    });
  });

  it("is broken when nobody knows it", async () => {
    const resolver = await resolverKnowing("127.0.0.1");
    const { code, found, json } = await examine("tls://unknown.test", {
      flags: { set: [`bootstrap=127.0.0.1:${resolver.port}`] },
    });
    expect(code).toBe(1);
    expect(found.get("resolve")).toMatchObject({
      mark: "fail",
      text: expect.stringMatching(/^no address for unknown\.test from 127\.0\.0\.1:\d+$/) as string,
    });
    expect(json.upstreams[0]!.servers).toEqual([]);
    expect(found.has("ipv4")).toBe(false);
  });

  it("is found where it last was when bootstrap fails, and nothing is written", async () => {
    const upstream = await start();
    const state = folderWith({});
    const at = Date.parse("2026-01-02T03:04:05Z");
    const kept = { version: 1, names: { "dot.test": { at, addresses: ["127.0.0.1"] } } };
    writeFileSync(join(state, "addresses.json"), JSON.stringify(kept));
    const { code, found } = await examine(`tls://dot.test:${upstream.port}`, {
      flags: { tlsCa: upstream.caFile(), set: ["bootstrap=127.0.0.1:1", `state=${state}`] },
    });
    expect(code).toBe(0);
    expect(found.get("resolve")).toMatchObject({
      mark: "warn",
      text: expect.stringContaining("; those of 2026-01-02 are kept: 127.0.0.1") as string,
    });
    expect(found.get("query")!.mark).toBe("ok");
  });

  it("without bootstrap is asked of this system, with a word on what the daemon does", async () => {
    const upstream = await start();
    const { found } = await examine(`tls://localhost:${upstream.port}`, {
      flags: { tlsCa: upstream.caFile() },
    });
    expect(found.get("resolve")).toMatchObject({ mark: "warn", facts: { from: ["this system"] } });
    expect(found.get("resolve")!.advice).toContain("set bootstrap");
    // The certificate is for dot.test.
    expect(found.get("handshake")).toMatchObject({ mark: "fail" });
  });
});
