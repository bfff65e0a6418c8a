import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../../../src/cli/demo/authority.ts";
import { doctor, examine, examineOne, spec, start } from "./surroundings.ts";

const DAY = 86_400_000;

describe("the certificate of a good server", () => {
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
});

describe("a certificate with a fault", () => {
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
});
