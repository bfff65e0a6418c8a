import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAuthority } from "../../../src/cli/demo/authority.ts";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { lookWithoutTrust } from "../../../src/cli/doctor/look-without-trust.ts";
import { tlsFindings } from "../../../src/cli/doctor/tls-facts.ts";
import { Flag } from "../../../src/dns/header.ts";
import { RrType } from "../../../src/dns/rrtype.ts";
import { TrustAnchors } from "../../../src/upstream/trust-anchors.ts";
import { folderWith } from "../../support/config-folder.ts";
import { type DohKnobs, ScriptedDoh } from "../../support/scripted-doh.ts";
import { defaultAnswer } from "../../support/scripted-upstream/answers.ts";
import type { ScriptedUpstream, StartOptions } from "../../support/scripted-upstream.ts";
import { start as startAny } from "../../support/scripted-upstream/fixture.ts";
import { type DoctorJson, doctor, examine, findingsByCheck } from "./surroundings.ts";

/** Starts an upstream that knows no address of itself: the doctor would try it, and it may not be on this host. */
function start(options: StartOptions = {}): Promise<ScriptedUpstream> {
  return startAny({ ...options, rcodes: { "dot.test": 3, ...options.rcodes } });
}

const DAY = 86_400_000;

function spec({ port, name }: ScriptedUpstream): string {
  return `tls://127.0.0.1:${port}#${name}`;
}

function examineOne(upstream: ScriptedUpstream, written = spec(upstream)): ReturnType<typeof examine> {
  return examine(written, { flags: { tlsCa: upstream.caFile() } });
}

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
    expect(found.get("idle")!.facts).toEqual({ seconds: 10 });
    expect(found.get("padding")!.text).toMatch(/^answers are padded: \d+ of 468 bytes$/);
    expect(found.get("extended-errors")!.facts).toEqual({ seen: ["3 (Stale Answer)"] });
    expect(found.get("tls-versions")!.facts).toEqual({ accepted: ["TLSv1.2", "TLSv1.3"] });
    expect(json.upstreams[0]!.servers[0]).toMatchObject({ address: "127.0.0.1", port: upstream.port });
  });

  it("has its pins shown, leaf and issuers, so that the configuration takes them", async () => {
    const upstream = await start();
    const { found } = await examineOne(upstream);
    expect(found.get("pins")!.facts["seen"]).toEqual([
      upstream.pin,
      upstream.issuerPin,
      expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
    ]);
    const { text } = await doctor({ specs: [spec(upstream)], flags: { tlsCa: upstream.caFile() } });
    expect(text).toContain(`leaf    ${upstream.pin}  CN=dot.test\n`);
    expect(text).toContain(`issuer  ${upstream.issuerPin}  CN=`);
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

  it("is found to answer out of order only when an answer was overtaken", async () => {
    const slow = (label: string) => label.startsWith("dotls-");
    const overtaken = await examineOne(await start({ delay: ({ name }) => (slow(name) ? 80 : 0) }));
    expect(overtaken.found.get("order")).toMatchObject({ mark: "ok", facts: { outOfOrder: true } });
    const inOrder = await examineOne(await start());
    expect(inOrder.found.get("order")).toMatchObject({ mark: "info", facts: { outOfOrder: null } });
  });

  it("is offered for the other family when it works at the address that it says itself", async () => {
    const upstream: ScriptedUpstream = await startAny({
      answer: (query) => {
        const answer = defaultAnswer(query, { ...upstream.knobs, padTo: 0 });
        // Header, question, owner, type, class, TTL, length: then the address.
        if (query.type === RrType.AAAA)
          answer.set([...Array.from({ length: 15 }, () => 0), 1], query.questionEnd + 12);
        return answer;
      },
    });
    const refused = await examineOne(upstream);
    expect(refused.code).toBe(0);
    expect(refused.found.get("ipv4")!.facts).toEqual({ addresses: 1, usable: 1 });
    expect(refused.found.get("ipv6")).toMatchObject({ mark: "info", facts: { known: ["::1"] } });
    expect(refused.found.get("ipv6")!.text).toContain("cannot be used: connection refused");

    const door = createServer((client) => {
      const server = connect(upstream.port, upstream.address);
      for (const socket of [client, server]) socket.on("error", () => {});
      client.pipe(server).pipe(client);
    });
    await new Promise<void>((resolve) => door.listen(upstream.port, "::1", resolve));
    onTestFinished(() => void door.close());
    const open = await examineOne(upstream);
    expect(open.found.get("ipv6")!.text).toContain(`[::1]:${upstream.port} works too`);
    expect(open.found.get("ipv6")!.advice).toContain("Add ::1 to the addresses");
  });
});

describe("a server with a fault", () => {
  it.each([
    ["expired", "clock", /expired on \d{4}/],
    ["not-yet-valid", "clock", /valid only from \d{4}/],
    ["wrong-name", "name", /for other\.test, 127\.0\.0\.99;/],
    ["self-signed", "untrusted", /issued by CN=dot\.test;/],
    ["other-ca", "untrusted", /issued by CN=dotls other authority/],
    ["common-name-only", "name", /for no name;/],
  ] as const)("%s: says so, shows who is there, and sends no query", async (certificate, kind, seen) => {
    const upstream = await start({ certificate });
    const { code, found } = await examineOne(upstream);
    expect(code).toBe(1);
    expect(found.get("handshake")).toMatchObject({ mark: "fail", facts: { kind } });
    expect(found.get("handshake")!.advice).not.toBeNull();
    expect(found.get("certificate")!.text).toMatch(/^seen, not trusted: /);
    expect(found.get("certificate")!.text).toMatch(seen);
    expect(found.get("pins")!.facts["seen"]).toContain(upstream.pin);
    expect(found.has("query")).toBe(false);
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  it("names what to write when the certificate is for another name", async () => {
    const { found } = await examineOne(await start({ certificate: "wrong-name" }));
    expect(found.get("handshake")!.advice).toContain("#other.test");
  });

  it("with another pin: shows those that are there, and warns of copying them", async () => {
    const upstream = await start();
    const pin = Buffer.alloc(32).toString("base64");
    const server = JSON.stringify([{ server: spec(upstream), pins: [pin] }]);
    const { code, text } = await doctor({
      json: true,
      flags: { tlsCa: upstream.caFile(), set: [`upstreams=${server}`] },
    });
    expect(code).toBe(1);
    const [{ servers }] = (
      JSON.parse(text) as { upstreams: [{ servers: { findings: { check: string }[] }[] }] }
    ).upstreams;
    const pins = servers[0]!.findings.find(({ check }) => check === "pins");
    expect(pins).toMatchObject({ mark: "fail", facts: { configured: [pin] } });
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  it("with a certificate that ends within two weeks: is warned of, not broken", async () => {
    const authority = await createAuthority({ name: "dotls short authority" });
    const days = (count: number): Date => new Date(Date.now() + count * DAY + 3_600_000);
    const ending = await authority.issue({
      names: ["dot.test"],
      addresses: ["127.0.0.1"],
      notAfter: days(13),
    });
    const upstream = await start({ certificate: ending });
    const caFile = upstream.caFile();
    writeFileSync(caFile, authority.ca);
    const { code, found } = await examine(spec(upstream), { flags: { tlsCa: caFile } });
    expect(code).toBe(0);
    expect(found.get("certificate")).toMatchObject({ mark: "warn", facts: { daysLeft: 13 } });
    await upstream.present(
      await authority.issue({ names: ["dot.test"], addresses: ["127.0.0.1"], notAfter: days(14) }),
    );
    const longer = await examine(spec(upstream), { flags: { tlsCa: caFile } });
    expect(longer.found.get("certificate")).toMatchObject({ mark: "ok", facts: { daysLeft: 14 } });
  });

  it.each([
    [["dot"], "accepted", "ok"],
    [null, "ignored", "ok"],
  ] as const)("ALPN of %j: dot is %s", async (alpn, result, mark) => {
    const { found } = await examineOne(await start({ alpn }));
    expect(found.get("alpn")).toMatchObject({ mark, facts: { offered: "dot", result } });
  });

  it("that refuses the ALPN of DNS over TLS is told from one that ignores it", async () => {
    const upstream = await start({ alpn: ["h2"] });
    const { address, port, name } = upstream;
    const anchors = new TrustAnchors(upstream.ca);
    const findings = await tlsFindings(
      { address, port, name, pins: [], anchors, minVersion: "TLSv1.2" },
      "dot",
    );
    expect(findings.find(({ check }) => check === "alpn")).toMatchObject({
      mark: "warn",
      facts: { offered: "dot", result: "refused" },
    });
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  it("that speaks TLS 1.2 alone is warned of", async () => {
    const { code, found } = await examineOne(await start({ maxVersion: "TLSv1.2" }));
    expect(code).toBe(0);
    expect(found.get("tls-versions")).toMatchObject({ mark: "warn", facts: { accepted: ["TLSv1.2"] } });
  });

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

  it("that stays silent: the query fails", async () => {
    const upstream = await start({ silent: true });
    const { code, found } = await examine(spec(upstream), {
      flags: { tlsCa: upstream.caFile(), set: ["timeout=500ms"] },
    });
    expect(code).toBe(1);
    expect(found.get("query")).toMatchObject({ mark: "fail", text: "no answer within 0.5 s" });
  });

  it("that refuses the question: the query fails, and --name is suggested", async () => {
    const { code, found } = await examineOne(await start({ rcodes: { "example.com": 5 } }));
    expect(code).toBe(1);
    expect(found.get("query")).toMatchObject({ mark: "fail", facts: { status: "REFUSED" } });
    expect(found.get("query")!.advice).toContain("--name");
  });

  it("that hears only the first of several questions in one write", async () => {
    const upstream: ScriptedUpstream = await start({
      connection: () => ({
        answer: (query) =>
          query.name.startsWith("dotls-") || upstream.counters.queries <= 1 ? undefined : null,
      }),
    });
    const { found } = await examine(spec(upstream), {
      flags: { tlsCa: upstream.caFile(), set: ["timeout=500ms"] },
    });
    expect(found.get("pipelining")).toMatchObject({ mark: "warn" });
  });

  it("that closes after one answer", async () => {
    const { code, found } = await examineOne(await start({ closeAfter: 1 }));
    expect(code).toBe(0);
    expect(found.get("connection")).toMatchObject({ mark: "warn" });
    expect(found.has("pipelining")).toBe(false);
  });

  it("that pads nothing, changes the case, offers no recursion", async () => {
    const upstream: ScriptedUpstream = await start({
      padTo: 0,
      fault: ({ name }) => (/[a-z]/.test(name) && /[A-Z]/.test(name) ? "other-case" : null),
      answer: (query) => {
        const answer = defaultAnswer(query, { ...upstream.knobs, padTo: 0 });
        answer[3]! &= ~Flag.RA;
        return answer;
      },
    });
    const { code, found } = await examineOne(upstream);
    expect(code).toBe(0);
    for (const check of ["padding", "case", "query"])
      expect(found.get(check)).toMatchObject({ mark: "warn" });
    expect(found.get("query")!.text).toContain("no recursion");
  });
});

describe("a server over HTTPS", () => {
  function url({ port }: ScriptedDoh, path = "/dns-query"): string {
    return JSON.stringify([{ server: `https://dot.test:${port}${path}`, addresses: ["127.0.0.1"] }]);
  }

  async function examineHttps(server: ScriptedDoh): Promise<{ code: number; found: Map<string, Finding> }> {
    const file = join(folderWith({ "ca.pem": server.ca }), "ca.pem");
    const set = [`upstreams=${url(server)}`, "timeout=500ms"];
    const { code, text } = await doctor({ json: true, flags: { tlsCa: file, set } });
    return { code, found: findingsByCheck(JSON.parse(text) as DoctorJson) };
  }

  /** Knows no address of itself: the doctor would try it. */
  const answer: DohKnobs["answer"] = ({ name }) => (name === "dot.test" ? null : undefined);

  it("is looked at like one over TLS", async () => {
    const server = await ScriptedDoh.start({ answer });
    const { code, found } = await examineHttps(server);
    expect(code).toBe(0);
    for (const check of ["connect", "handshake", "certificate", "query", "resumption", "case"]) {
      expect(found.get(check)!.mark).toBe("ok");
    }
    expect(found.get("alpn")).toMatchObject({ mark: "ok", facts: { offered: "h2", result: "accepted" } });
    expect(found.get("pins")!.facts["seen"]).toContain(server.pin);
    expect(found.has("idle")).toBe(false);
    expect(server.resumed).toBe(1);
  });

  it("that is not who it must be gets no request", async () => {
    const server = await ScriptedDoh.start({ certificate: "wrong-name" });
    const { code, found } = await examineHttps(server);
    expect(code).toBe(1);
    expect(found.get("handshake")).toMatchObject({ mark: "fail", facts: { kind: "name" } });
    expect(server.requests).toEqual([]);
  });

  it("that has no DNS at this path: the query fails with what HTTP says", async () => {
    const { code, found } = await examineHttps(await ScriptedDoh.start({ status: 404 }));
    expect(code).toBe(1);
    expect(found.get("query")!.text).toContain("404");
  });
});

describe("which upstreams are looked at", () => {
  it("those of the configuration, and those of its routes with a name that goes there", async () => {
    const [all, corp] = [await start(), await start()];
    const routes = JSON.stringify([{ match: ["corp.example"], upstreams: [spec(corp)] }]);
    const { text } = await doctor({
      json: true,
      flags: { tlsCa: all.caFile(), upstream: [spec(all)], set: [`routes=${routes}`] },
    });
    const { upstreams } = JSON.parse(text) as { upstreams: { upstream: string }[] };
    expect(upstreams.map(({ upstream }) => upstream)).toEqual([spec(all), spec(corp)]);
    expect([...all.counters.names.keys()]).toContain("example.com");
    expect([...corp.counters.names.keys()]).toContain("corp.example");
    expect([...corp.counters.names.keys()]).not.toContain("dnssec-failed.org");
  });

  it("one that is broken beside one that works: both are shown, exit 1", async () => {
    const [good, bad] = [await start(), await start({ certificate: "expired" })];
    const { code, text } = await doctor({ specs: [spec(good), spec(bad)], flags: { tlsCa: good.caFile() } });
    expect(code).toBe(1);
    expect(text).toContain(`${spec(good)} at 127.0.0.1:${good.port}\n  + ok    connect`);
    expect(text).toContain(`${spec(bad)} at 127.0.0.1:${bad.port}\n  x fail  handshake`);
  });

  it("a plain server of a route, which goes in the clear", async () => {
    const { code, found } = await examine("udp://127.0.0.1:1", { flags: { set: ["timeout=500ms"] } });
    expect(code).toBe(1);
    expect(found.get("protocol")).toMatchObject({ mark: "warn", text: "queries go in the clear" });
    expect(found.get("query")).toMatchObject({ mark: "fail", text: "connection refused" });
  });

  it("none, when the configuration cannot be used: that is what is broken", async () => {
    const { code, text } = await doctor({ flags: { set: ["timeout=never"] } });
    expect(code).toBe(1);
    expect(text).toMatch(
      /^configuration\n {2}x fail {2}configuration +dotls cannot start with it\n +--set: timeout: /,
    );
  });

  it("refuses what is no upstream", async () => {
    await expect(doctor({ specs: ["tls://"] })).rejects.toMatchObject({ code: "ERR_DOTLS_BAD_UPSTREAM" });
  });
});

describe("the text", () => {
  it("has colours only when told to", async () => {
    const upstream = await start();
    const request = { specs: [spec(upstream)], flags: { tlsCa: upstream.caFile() } };
    const plain = (await doctor(request)).text;
    const coloured = (await doctor(request, { colour: true })).text;
    expect(plain).not.toContain("\u001b");
    expect(coloured).toContain("\u001b[32m+ ok   \u001b[0m");
  });

  it("prints what a server says without control characters", async () => {
    const upstream = await start({ ede: { code: 0, text: "\u001b[2Jgone" } });
    const { text } = await doctor({ specs: [spec(upstream)], flags: { tlsCa: upstream.caFile() } });
    expect(text).toContain("[2Jgone");
    expect(text).not.toContain("\u001b");
  });
});

describe("lookWithoutTrust", () => {
  it("shows who is there, and sends nothing to anybody, trusted or not", async () => {
    for (const certificate of ["good", "self-signed"] as const) {
      const upstream = await start({ certificate });
      const target = {
        address: upstream.address,
        port: upstream.port,
        name: upstream.name,
        pins: [],
        anchors: new TrustAnchors(upstream.ca),
        minVersion: "TLSv1.2" as const,
      };
      const look = await lookWithoutTrust(target, { alpn: ["dot"] });
      expect(look).toMatchObject({ version: "TLSv1.3", alpn: "dot" });
      expect("chain" in look && look.chain[0]).toMatchObject({ pin: upstream.pin });
      expect(upstream.counters.applicationBytes).toBe(0);
      expect(upstream.counters.connections).toBe(1);
    }
  });
});
