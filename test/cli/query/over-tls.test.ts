import { describe, expect, it } from "vitest";
import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { start } from "../../support/scripted-upstream/fixture.ts";
import type { Ran } from "./ask.ts";
import { dotlsQuery } from "./ask.ts";

function ask(upstream: ScriptedUpstream, ...args: string[]): Promise<Ran> {
  return dotlsQuery(
    `@127.0.0.1:${upstream.port}`,
    "+tls",
    `+tls-ca=${upstream.caFile()}`,
    "+tries=1",
    ...args,
  );
}

describe("dotls query +tls", () => {
  it("prints what the connection was behind dig's footer", async () => {
    const upstream = await start({ padTo: 468 });
    const { out, code } = await ask(upstream, `+tls-hostname=${upstream.name}`, "www.test");
    expect(code).toBe(0);
    const lines = out.split("\n");
    const server = lines.indexOf(`;; SERVER: 127.0.0.1#${upstream.port}(127.0.0.1) (TLS)`);
    expect(lines[server + 1]).toMatch(/^;; WHEN: /);
    expect(lines[server + 2]).toBe(";; MSG SIZE  rcvd: 468");
    expect(lines[server + 3]).toMatch(/^;; TIMING: connect [\d.]+ ms, TLS [\d.]+ ms, query [\d.]+ ms$/);
    expect(lines[server + 4]).toMatch(
      /^;; TLS: TLSv1\.3, TLS_\w+, \w+, resumed no, ALPN dot, padding query \d+ answer \d+, authenticated \S+$/,
    );
    expect(lines.slice(server + 5)).toEqual(["", ""]);
  });

  it("pads the query to a multiple of 128 and sends no cookie", async () => {
    const upstream = await start();
    await ask(upstream, `+tls-hostname=${upstream.name}`, "www.test");
    expect([...upstream.counters.sizes.keys()]).toEqual([128]);
    expect([...upstream.counters.options.keys()]).toEqual([12]);
  });

  it("resumes the session for the next name", async () => {
    const upstream = await start();
    const { out } = await ask(upstream, `+tls-hostname=${upstream.name}`, "one.test", "two.test");
    expect(out.match(/resumed \w+/g)).toEqual(["resumed no", "resumed yes"]);
    expect(upstream.counters.resumed).toBe(1);
  });

  it("takes a pin beside the name", async () => {
    const upstream = await start();
    const name = `+tls-hostname=${upstream.name}`;
    const good = await ask(upstream, name, `+tls-pin=${upstream.pin}`, "www.test", "+short");
    expect(good.code).toBe(0);
    const other = await ask(upstream, name, `+tls-pin=${Buffer.alloc(32).toString("base64")}`, "www.test");
    expect(other.out).toContain("no key in the chain matches a pin");
    expect(other.code).toBe(9);
    expect(upstream.counters.queries).toBe(1);
  });

  it.each([
    ["wrong-name", "the certificate is not for"],
    ["expired", "certificate expired"],
    ["self-signed", "the certificate is self-signed"],
    ["other-ca", "TLS: "],
  ] as const)("sends nothing to a server whose certificate is %s", async (certificate, reason) => {
    const upstream = await start({ certificate });
    const { out, code } = await ask(upstream, `+tls-hostname=${upstream.name}`, "www.test");
    expect(out).toContain(reason);
    expect(out).toContain(";; no servers could be reached");
    expect(code).toBe(9);
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  it("wants the address in the certificate when no name is given", async () => {
    const upstream = await start({ certificate: "common-name-only" });
    const { out } = await ask(upstream, "www.test");
    expect(out).toContain("the certificate is not for 127.0.0.1");
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  it("takes the name behind the address, as upstreams are written", async () => {
    const upstream = await start();
    const options = ["-p", String(upstream.port), "+tls", `+tls-ca=${upstream.caFile()}`, "+tries=1"];
    const { out, code } = await dotlsQuery(`@127.0.0.1#${upstream.name}`, ...options, "www.test");
    expect(out).toContain(`authenticated ${upstream.name}`);
    expect(code).toBe(0);
  });

  it("leaves an answer that nobody asked for aside and takes the next", async () => {
    const upstream = await start({ fault: "stray" });
    const { out, code } = await ask(upstream, `+tls-hostname=${upstream.name}`, "www.test");
    expect(out).toMatch(/^;; (?:Warning: ID mismatch|;; Question section mismatch)/);
    expect(out).toContain("status: NOERROR");
    expect(code).toBe(0);
  });

  it("tells the TLS facts in JSON", async () => {
    const upstream = await start();
    const { out } = await ask(upstream, `+tls-hostname=${upstream.name}`, "www.test", "+json");
    expect(JSON.parse(out)).toMatchObject({
      status: "NOERROR",
      server: { address: "127.0.0.1", port: upstream.port, name: "127.0.0.1", transport: "TLS" },
      tls: { version: "TLSv1.3", resumed: false, alpn: "dot", authenticated: upstream.name },
    });
  });

  it("says which CA file cannot be used, and asks nobody", async () => {
    const { error, code } = await dotlsQuery("@127.0.0.1", "+tls", "+tls-ca=/nowhere/ca.pem", "www.test");
    expect(error).toContain("+tls-ca: /nowhere/ca.pem: there is no such file");
    expect(code).toBe(1);
  });
});
