import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../support/config-folder.ts";
import { PlainServer } from "../../support/plain-server.ts";
import { ScriptedDoh } from "../../support/scripted-doh.ts";
import { examine, start } from "./surroundings.ts";

/** A plain resolver that names these encrypted faces. */
function resolverNaming(...faces: readonly string[]): Promise<PlainServer> {
  return PlainServer.start(({ name, type }) => ({
    answer:
      type === "SVCB" && name === "_dns.resolver.arpa"
        ? faces.map((face) => `_dns.resolver.arpa. 300 IN SVCB ${face}\n`).join("")
        : "",
  }));
}

const DOH_PATH = 'key7="/dns-query{?dns}"';

describe("a plain resolver that tells where its encrypted face is", () => {
  it("is examined there, over HTTPS and TLS, with its address to be proved", async () => {
    const [dot, doh] = [await start(), await ScriptedDoh.start()];
    const resolver = await resolverNaming(
      `1 dot.example. alpn=h2 port=${doh.port} ipv4hint=127.0.0.1 ${DOH_PATH}`,
      `2 dot.example. alpn=dot port=${dot.port} ipv4hint=127.0.0.1`,
    );
    const { code, found, json } = await examine(`ddr://127.0.0.1:${resolver.port}`, {
      flags: { tlsCa: dot.caFile() },
    });
    expect(code).toBe(0);
    expect(found.get("discovery")).toMatchObject({
      mark: "ok",
      text: expect.stringMatching(/^[\d.]+ ms, 127\.0\.0\.1 names 2 encrypted faces$/) as string,
      details: [
        `https://dot.example/dns-query at 127.0.0.1:${doh.port}: verified, its certificate carries 127.0.0.1`,
        `tls://dot.example at 127.0.0.1:${dot.port}: verified, its certificate carries 127.0.0.1`,
      ],
      facts: { faces: [{ proof: "certificate" }, { proof: "certificate" }] },
    });
    const { servers } = json.upstreams[0]!;
    expect(servers).toMatchObject([{ port: doh.port }, { port: dot.port }]);
    for (const { findings } of servers) {
      expect(findings).toContainEqual(expect.objectContaining({ check: "query", mark: "ok" }));
      expect(findings).toContainEqual(
        expect.objectContaining({
          check: "handshake",
          facts: expect.objectContaining({ authenticated: "127.0.0.1" }) as unknown,
        }),
      );
    }
    expect(json.upstreams[0]).toMatchObject({ upstream: `ddr://127.0.0.1:${resolver.port}` });
  });

  it("is broken when no certificate there carries its address, and nothing is asked", async () => {
    const dot = await start({ certificate: "wrong-name" });
    const resolver = await resolverNaming(`1 other.test. alpn=dot port=${dot.port} ipv4hint=127.0.0.1`);
    const { code, found } = await examine(`ddr://127.0.0.1:${resolver.port}`, {
      flags: { tlsCa: dot.caFile() },
    });
    expect(code).toBe(1);
    expect(found.get("discovery")).toMatchObject({
      mark: "fail",
      text: expect.stringContaining("one encrypted face, of which none can be used") as string,
      details: [expect.stringContaining("the certificate is not for 127.0.0.1")],
    });
    expect(found.get("handshake")!.advice).toContain("must carry the address 127.0.0.1");
    expect(dot.counters.applicationBytes).toBe(0);
  });

  it("works when one of several is right: the other is worth a look", async () => {
    const [bad, good] = [await start({ certificate: "other-ca" }), await start()];
    const resolver = await resolverNaming(
      `1 a.example. alpn=dot port=${bad.port} ipv4hint=127.0.0.1`,
      `2 b.example. alpn=dot port=${good.port} ipv4hint=127.0.0.1`,
    );
    const { code, json } = await examine(`ddr://127.0.0.1:${resolver.port}`, {
      flags: { tlsCa: good.caFile() },
    });
    expect(code).toBe(0);
    const marks = json.upstreams[0]!.servers.map(
      ({ findings }) => findings.find(({ check }) => check === "handshake")!.mark,
    );
    expect(marks).toEqual(["warn", "ok"]);
  });

  it("is not taken for verified where the configuration asks for no proof", async () => {
    const dot = await start({ certificate: "self-signed" });
    const resolver = await resolverNaming(`1 dot.test. alpn=dot port=${dot.port} ipv4hint=127.0.0.1`);
    const { code, found } = await examine(`ddr://127.0.0.1:${resolver.port}`, {
      flags: { set: ["tls.verify=opportunistic"] },
    });
    expect(code).toBe(0);
    expect(found.get("discovery")).toMatchObject({
      mark: "warn",
      details: [expect.stringMatching(/not verified$/)],
    });
  });

  it.each([
    ["names nobody", [], /^no encrypted resolver could be found at 127\.0\.0\.1:\d+: it names no/],
    [
      "names what cannot be used",
      ["1 a.example. alpn=h3"],
      /it names no encrypted resolver that can be used/,
    ],
  ] as const)("is broken when it %s", async (_title, faces, reason) => {
    const resolver = await resolverNaming(...faces);
    const { code, found } = await examine(`ddr://127.0.0.1:${resolver.port}`);
    expect(code).toBe(1);
    expect(found.get("discovery")).toMatchObject({
      mark: "fail",
      text: expect.stringMatching(reason) as string,
    });
  });

  it("is broken when nobody is there", async () => {
    const { code, found } = await examine("ddr://127.0.0.1:1");
    expect(code).toBe(1);
    expect(found.get("discovery")!.facts).toMatchObject({ kind: "bootstrap", faces: [] });
  });

  it("is told so by the trust of the configuration, as its PEM file", async () => {
    const doh = await ScriptedDoh.start();
    const resolver = await resolverNaming(
      `1 a.example. alpn=h2 port=${doh.port} ipv4hint=127.0.0.1 ${DOH_PATH}`,
    );
    const ca = join(folderWith({ "ca.pem": doh.ca }), "ca.pem");
    const upstreams = JSON.stringify([`ddr://127.0.0.1:${resolver.port}`]);
    const trusted = await examine(`ddr://127.0.0.1:${resolver.port}`, { flags: { set: [`tls.ca=${ca}`] } });
    expect(trusted.code).toBe(0);
    const refused = await examine(`ddr://127.0.0.1:${resolver.port}`, {
      flags: { set: [`upstreams=${upstreams}`] },
    });
    expect(refused.found.get("discovery")!.mark).toBe("fail");
  });
});
