import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { certHashOf } from "../../../src/upstream/cert-hash.ts";
import { PlainServer } from "../../support/plain-server.ts";
import { ScriptedDoh } from "../../support/scripted-doh.ts";
import { addressOf } from "../../support/scripted-upstream/answers.ts";
import { start } from "../../support/scripted-upstream/fixture.ts";
import { dotlsQuery, type Ran } from "./ask.ts";

const NAME = "www.example";

interface Served {
  readonly spec: string;
  readonly error?: string;
  readonly server?: object;
  readonly tls?: object;
  readonly timing?: object;
}

/** Compares as JSON; gives the exit code and what came of each server. */
async function compared(...words: readonly string[]): Promise<{ code: number; servers: Served[] }> {
  const { out, code, error }: Ran = await dotlsQuery(NAME, "+json", "+tries=1", ...words);
  expect(error).toBe("");
  return { code, servers: (JSON.parse(out) as { servers: Served[] }).servers };
}

/** A plain resolver that names these encrypted faces, and knows an address. */
function resolverNaming(...faces: readonly string[]): Promise<PlainServer> {
  return PlainServer.start(({ name, type }) => {
    if (type === "A") return { answer: `${name}. 60 IN A ${addressOf(NAME)}\n` };
    return { answer: faces.map((face) => `_dns.resolver.arpa. 300 IN SVCB ${face}\n`).join("") };
  });
}

/** A DNS stamp of DNS over TLS with the hash of a certificate. */
function stampOf(address: string, hash: Buffer, name: string): string {
  const prefixed = (part: Uint8Array): Buffer => Buffer.concat([Buffer.of(part.length), part]);
  const bytes = Buffer.concat([
    Buffer.of(3, 0, 0, 0, 0, 0, 0, 0, 0),
    prefixed(Buffer.from(address)),
    prefixed(hash),
    prefixed(Buffer.from(name)),
  ]);
  return `sdns://${bytes.toString("base64url")}`;
}

describe("dotls query --compare with every kind of upstream", () => {
  it("asks over HTTPS, by address and under encryption like the others", async () => {
    const [dot, doh] = [await start(), await ScriptedDoh.start()];
    const specs = [`tls://127.0.0.1:${dot.port}`, `https://127.0.0.1:${doh.port}/dns-query`];
    const { code, servers } = await compared(`+tls-ca=${dot.caFile()}`, "--compare", ...specs);
    expect(code).toBe(0);
    expect(servers).toMatchObject([
      { spec: specs[0], server: { transport: "TLS", port: dot.port } },
      {
        spec: specs[1],
        server: { transport: "HTTPS", port: doh.port },
        timing: { connect: expect.any(Number) as number, query: expect.any(Number) as number },
        tls: { alpn: "h2", authenticated: "127.0.0.1" },
      },
    ]);
    expect(doh.requests).toHaveLength(1);
    expect(doh.requests[0]!.headers[":path"]).toBe("/dns-query");
    expect(doh.requests[0]!.message.length % 128).toBe(0);
  });

  it("says what HTTP says where there is no DNS, and how long nobody answers", async () => {
    const [none, silent] = [
      await ScriptedDoh.start({ status: 404 }),
      await ScriptedDoh.start({ silent: true }),
    ];
    const dot = await start();
    const specs = [none, silent].map(({ port }) => `https://127.0.0.1:${port}/dns-query`);
    const options = [`+tls-ca=${dot.caFile()}`, "+time=1"];
    const { code, servers } = await compared(...options, "--compare", ...specs);
    expect(code).toBe(9);
    expect(servers[0]!.error).toContain("404");
    expect(servers[1]!.error).toBe("timed out");
  });

  it("sends no request to a server over HTTPS that is not who it must be", async () => {
    const [dot, doh] = [await start(), await ScriptedDoh.start({ certificate: "wrong-name" })];
    const specs = [`tls://127.0.0.1:${dot.port}`, `https://127.0.0.1:${doh.port}/dns-query`];
    const { code, servers } = await compared(`+tls-ca=${dot.caFile()}`, "--compare", ...specs);
    expect(code).toBe(9);
    expect(servers[1]!.error).toContain("the certificate is not for 127.0.0.1");
    expect(doh.requests).toEqual([]);
  });

  it("asks the encrypted face of a plain resolver, the next one when the first is not meant", async () => {
    const [bad, dot] = [await start({ certificate: "wrong-name" }), await start()];
    const doh = await ScriptedDoh.start();
    const first = await resolverNaming(
      `1 a.example. alpn=dot port=${bad.port} ipv4hint=127.0.0.1`,
      `2 b.example. alpn=dot port=${dot.port} ipv4hint=127.0.0.1`,
    );
    const second = await resolverNaming(
      `1 c.example. alpn=h2 port=${doh.port} ipv4hint=127.0.0.1 key7="/dns-query{?dns}"`,
    );
    const specs = [first, second].map(({ port }) => `ddr://127.0.0.1:${port}`);
    const plain = `udp://127.0.0.1:${first.port}`;
    const { code, servers } = await compared(`+tls-ca=${dot.caFile()}`, "--compare", ...specs, plain);
    expect(code).toBe(0);
    expect(servers).toMatchObject([
      { spec: specs[0], server: { transport: "TLS", port: dot.port }, tls: { authenticated: "127.0.0.1" } },
      { spec: specs[1], server: { transport: "HTTPS", port: doh.port } },
      { spec: plain, server: { transport: "UDP" }, tls: null },
    ]);
    expect(bad.counters.applicationBytes).toBe(0);
  });

  it("has a plain resolver that names nobody as one that did not answer", async () => {
    const [dot, resolver] = [await start(), await resolverNaming()];
    const specs = [`tls://127.0.0.1:${dot.port}`, `ddr://127.0.0.1:${resolver.port}`];
    const { code, servers } = await compared(`+tls-ca=${dot.caFile()}`, "--compare", ...specs);
    expect(code).toBe(9);
    expect(servers[1]!.error).toContain("it names no encrypted resolver");
  });

  it("holds a server against the hashes of a stamp", async () => {
    const dot = await start();
    const hash = Buffer.from(certHashOf(new X509Certificate(dot.knobs.chain).raw)!, "base64");
    const right = stampOf(`127.0.0.1:${dot.port}`, hash, dot.name);
    const wrong = stampOf(`127.0.0.1:${dot.port}`, Buffer.alloc(32), dot.name);
    const { code, servers } = await compared(`+tls-ca=${dot.caFile()}`, "--compare", right, wrong);
    expect(code).toBe(9);
    expect(servers[0]).toMatchObject({ spec: right, tls: { authenticated: dot.name } });
    expect(servers[1]!.error).toContain("no certificate in the chain matches a hash");
    expect(dot.counters.queries).toBe(1);
  });
});
