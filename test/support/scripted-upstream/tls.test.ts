import type { SecureVersion } from "node:tls";
import { describe, expect, test } from "vitest";
import { makeQuery } from "../dot-client.ts";
import type { ScriptedUpstream } from "../scripted-upstream.ts";
import { createClientAuthority } from "./client-identities.ts";
import { connect, start, until } from "./fixture.ts";
import type { Presented } from "./identities.ts";

describe("certificates", () => {
  test.each<[Presented, string]>([
    ["wrong-name", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["expired", "CERT_HAS_EXPIRED"],
    ["not-yet-valid", "CERT_NOT_YET_VALID"],
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["other-ca", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ])("%s is refused by a client that looks, which sends nothing", async (certificate, code) => {
    const upstream = await start({ certificate });
    const error = await connect(upstream).catch((error: NodeJS.ErrnoException) => error);
    expect([code, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "SELF_SIGNED_CERT_IN_CHAIN"]).toContain(
      (error as NodeJS.ErrnoException).code,
    );
    await until(() => upstream.counters.open === 0);
    expect(upstream.counters).toMatchObject({ applicationBytes: 0, queries: 0 });
    expect(upstream.counters.rawBytes).toBeGreaterThan(200);
  });

  test("good carries the name and the addresses, under an intermediate; another can be presented while it runs", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    const { issuerCertificate } = client.socket.getPeerCertificate(true);
    const certificate = client.socket.getPeerX509Certificate()!;
    expect(certificate.subjectAltName).toContain("DNS:dot.test, IP Address:127.0.0.1");
    expect(issuerCertificate.subject.CN).toBe("dotls test authority, intermediate");
    expect(issuerCertificate.issuerCertificate.subject.CN).toBe("dotls test authority");
    const { pin } = upstream;
    await upstream.present("re-keyed");
    const second = await connect(upstream);
    expect(second.socket.getPeerX509Certificate()!.publicKey.equals(certificate.publicKey)).toBe(false);
    expect(upstream.pin).not.toBe(pin);
    await upstream.present("common-name-only");
    // Node's own check still takes the common name when there is no subjectAltName.
    const nameless = (await connect(upstream)).socket.getPeerX509Certificate()!;
    expect([nameless.subject, nameless.subjectAltName]).toEqual(["CN=dot.test", undefined]);
  });
});

describe("client certificates", () => {
  test("under the authority are counted by name; without one there is an alert, with a stranger's an end", async () => {
    const authority = await createClientAuthority();
    const stranger = await (await createClientAuthority("somebody else")).issue("stranger");
    const upstream = await start({ clientCa: authority.ca, maxVersion: "TLSv1.2" });
    await (await connect(upstream, await authority.issue("somebody"))).ask(makeQuery("a.test"));
    await expect(connect(upstream)).rejects.toMatchObject({
      code: expect.stringMatching(/ALERT_HANDSHAKE_FAILURE$/) as string,
    });
    await expect(connect(upstream, stranger)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect([...upstream.counters.clients]).toEqual([["somebody", 1]]);
    upstream.set({ clientCa: null });
    await connect(upstream);
    expect([...upstream.counters.clients]).toEqual([
      ["somebody", 1],
      ["", 1],
    ]);
    expect(upstream.counters.queries).toBe(1);
  });
});

describe("names, protocols, versions", () => {
  test("SNI, ALPN and version are counted", async () => {
    const upstream = await start({ maxVersion: "TLSv1.2" });
    await connect(upstream, { ALPNProtocols: ["h2", "dot"] });
    await connect(upstream, { servername: "", host: "127.0.0.1" });
    await connect(upstream, { ALPNProtocols: [] });
    expect(upstream.counters.serverNames).toEqual(
      new Map([
        ["dot.test", 2],
        ["", 1],
      ]),
    );
    expect(upstream.counters.alpn).toEqual(
      new Map([
        ["h2,dot", 1],
        ["dot", 1],
        ["", 1],
      ]),
    );
    expect(upstream.counters.versions).toEqual(new Map([["TLSv1.2", 3]]));
  });

  test("no ALPN: the extension is ignored", async () => {
    const client = await connect(await start({ alpn: null }));
    expect(client.socket.alpnProtocol).toBe(false);
    await client.ask(makeQuery("a.test"));
  });

  test("another ALPN: a fatal alert", async () => {
    const upstream = await start({ alpn: ["http/1.1"] });
    await expect(connect(upstream)).rejects.toMatchObject({
      code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    });
    expect(upstream.counters.handshakeErrors).toHaveLength(1);
    expect(upstream.counters.alpn).toEqual(new Map([["dot", 1]]));
  });

  test("strict ALPN: a client without it is cut off", async () => {
    const upstream = await start({ alpnStrict: true });
    await (await connect(upstream)).ask(makeQuery("a.test"));
    const client = await connect(upstream, { ALPNProtocols: [] });
    await client.ended();
    expect(upstream.counters.queries).toBe(1);
  });
});

describe.each<SecureVersion>(["TLSv1.2", "TLSv1.3"])("sessions in %s", (version) => {
  async function sessionFrom(upstream: ScriptedUpstream): Promise<Buffer> {
    const client = await connect(upstream);
    await client.ask(makeQuery("a.test"));
    await until(() => client.session !== undefined);
    await client.close();
    return client.session!;
  }

  async function resumes(upstream: ScriptedUpstream, session: Buffer): Promise<boolean> {
    const client = await connect(upstream, { session });
    await client.ask(makeQuery("a.test"));
    return client.socket.isSessionReused();
  }

  const versions = { minVersion: version, maxVersion: version };

  test("resume, across a restart and across another certificate", async () => {
    const upstream = await start(versions);
    const session = await sessionFrom(upstream);
    expect(await resumes(upstream, session)).toBe(true);
    await upstream.refuse();
    await upstream.listen();
    expect(await resumes(upstream, session)).toBe(true);
    await upstream.present("re-keyed");
    expect(await resumes(upstream, session)).toBe(true);
    expect(upstream.counters).toMatchObject({ handshakes: 4, resumed: 3 });
  });

  test("do not resume under other ticket keys", async () => {
    const upstream = await start(versions);
    const session = await sessionFrom(upstream);
    upstream.set({ ticketKeys: Buffer.alloc(48, 7) });
    expect(await resumes(upstream, session)).toBe(false);
  });

  test("do not resume with tickets off", async () => {
    const upstream = await start({ ...versions, tickets: false });
    const client = await connect(upstream);
    await client.ask(makeQuery("a.test"));
    const session = client.session ?? client.socket.getSession();
    expect(await resumes(upstream, session!)).toBe(false);
    expect(upstream.counters.resumed).toBe(0);
  });
});
