import { describe, expect, it } from "vitest";
import {
  doctor,
  type DoctorJson,
  examine,
  examineOne,
  findingsByCheck,
  spec,
  start,
} from "./surroundings.ts";

describe("a good server", () => {
  it("gets a time for each step, and is not broken", async () => {
    const upstream = await start({ keepalive: 100, ede: { code: 3, text: "" } });
    const { code, json, found } = await examineOne(upstream);
    expect(code).toBe(0);
    expect([...found.values()].filter(({ mark }) => mark === "warn" || mark === "fail")).toEqual([]);
    for (const step of ["connect", "handshake", "query"]) {
      expect(found.get(step)).toMatchObject({ mark: "ok", facts: { ms: expect.any(Number) as number } });
    }
    expect(found.get("handshake")!.facts).toMatchObject({
      authenticated: "dot.test",
      version: "TLSv1.3",
      cipher: expect.stringMatching(/^TLS_/) as string,
      // Newer Node.js adds a post-quantum part to it.
      group: expect.stringMatching(/^X25519/) as string,
    });
    expect(found.get("idle")!.facts).toMatchObject({ seconds: 10, closedAfter: null });
    expect(found.get("padding")!.text).toMatch(/^answers are padded: \d+ of 468 bytes$/);
    expect(found.get("extended-errors")!.facts).toEqual({ seen: ["3 (Stale Answer)"] });
    expect(found.get("tls-versions")!.facts).toEqual({ accepted: ["TLSv1.2", "TLSv1.3"] });
    expect(json.upstreams[0]!.servers[0]).toMatchObject({ address: "127.0.0.1", port: upstream.port });
  });

  it("is found to resume a session only when a second connection did", async () => {
    const [with1, without] = [await start(), await start({ tickets: false })];
    const resumed = await examineOne(with1);
    expect(resumed.found.get("resumption")).toMatchObject({ mark: "ok", facts: { resumed: true } });
    expect(with1.counters.resumed).toBe(1);
    const full = await examineOne(without);
    expect(full.found.get("resumption")).toMatchObject({ mark: "info", facts: { resumed: false } });
    expect(without.counters.resumed).toBe(0);
  });
});

describe("a server that cannot be reached", () => {
  it("that is not there: connect fails", async () => {
    const upstream = await start();
    await upstream.refuse();
    const { code, found } = await examineOne(upstream);
    expect(code).toBe(1);
    expect(found.get("connect")).toMatchObject({ mark: "fail", facts: { kind: "refused" } });
  });

  it("that never shakes hands: says so within its time", async () => {
    const { code, found } = await examineOne(await start({ handshake: "never" }));
    expect(code).toBe(1);
    expect(found.get("handshake")).toMatchObject({ mark: "fail", text: "no TLS handshake within 2 s" });
  });

  it("that shakes hands slowly is not broken", async () => {
    const { code, found } = await examineOne(await start({ handshake: { delay: 300 } }));
    expect(code).toBe(0);
    expect(found.get("handshake")!.facts["ms"]).toBeGreaterThan(250);
  });
});

describe("a server that need not prove all", () => {
  it("is not taken for authenticated, and not called broken for its dates", async () => {
    const upstream = await start({ certificate: "expired" });
    const { code, found } = await examine(spec(upstream), { flags: { set: ["tls.verify=none"] } });
    expect(code).toBe(0);
    expect(found.get("handshake")).toMatchObject({
      mark: "warn",
      facts: { authenticated: null, proof: "none" },
    });
    expect(found.get("handshake")!.text).toContain("NOT authenticated (verify is none)");
    expect(found.get("certificate")).toMatchObject({ mark: "warn", facts: { trusted: false } });
    expect(found.get("query")!.mark).toBe("ok");
  });

  it("has its doubts told where they are looked for", async () => {
    const upstream = await start({ certificate: "wrong-name" });
    const flags = { tlsCa: upstream.caFile(), set: ["tls.verify=opportunistic"] };
    const { code, found } = await examine(spec(upstream), { flags });
    expect(code).toBe(0);
    expect(found.get("handshake")!.text).toContain("but for other.test");
    expect(found.get("resumption")!.text).toContain("only with a server that is authenticated");
  });

  it("is authenticated by a pin alone where that is asked for, whatever its dates", async () => {
    const upstream = await start({ certificate: "expired" });
    const server = JSON.stringify([{ server: spec(upstream), pins: [upstream.pin], verify: "pin" }]);
    const { code, text } = await doctor({ json: true, flags: { set: [`upstreams=${server}`] } });
    expect(code).toBe(0);
    const found = findingsByCheck(JSON.parse(text) as DoctorJson);
    expect(found.get("handshake")).toMatchObject({ mark: "ok", facts: { proof: "pin" } });
    expect(found.get("certificate")).toMatchObject({ mark: "warn" });
    expect(found.get("pins")).toMatchObject({ mark: "ok" });
  });
});
