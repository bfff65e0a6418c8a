import { describe, expect, onTestFinished, test } from "vitest";
import type { RouteSpec, UpstreamSpec } from "../../src/config/config.ts";
import { startDaemon } from "../support/daemon.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { Presented } from "../support/scripted-upstream/identities.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";

const PIN = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

interface Case {
  readonly what: string;
  readonly shown: Presented;
  readonly change?: Partial<UpstreamSpec>;
  readonly says: RegExp;
}

const cases: readonly Case[] = [
  { what: "another name", shown: "wrong-name", says: /not for dot\.test, but for other\.test/ },
  {
    what: "a name in the subject alone",
    shown: "common-name-only",
    says: /not for dot\.test, but for no name at all/,
  },
  {
    what: "another address, and no name was set",
    shown: "wrong-name",
    change: { name: null },
    says: /not for 127\.0\.0\.1, but for other\.test/,
  },
  { what: "another authority", shown: "other-ca", says: /issuer of the certificate is not known here/ },
  { what: "a certificate that has expired", shown: "expired", says: /certificate expired \(local clock 20/ },
  {
    what: "a certificate that is not yet valid",
    shown: "not-yet-valid",
    says: /certificate not yet valid \(local clock 20/,
  },
  { what: "a self-signed certificate", shown: "self-signed", says: /certificate is self-signed/ },
  { what: "another key than the pin", shown: "good", change: { pins: [PIN] }, says: /no key in the chain/ },
  {
    what: "the right pin under the wrong name",
    shown: "good",
    change: { name: "elsewhere.test" },
    says: /not for elsewhere\.test/,
  },
];

function untouched({ counters }: ScriptedUpstream): void {
  expect(counters.connections).toBeGreaterThan(0);
  expect(counters.applicationBytes).toBe(0);
  expect(counters.queries).toBe(0);
}

describe.each(["TLSv1.2", "TLSv1.3"] as const)("T8: an upstream that speaks %s", (version) => {
  describe.each(cases)("and shows $what", ({ shown, change = {}, says, what }) => {
    test("gets no byte of a query; the client hears why, the log once", async () => {
      const upstream = await start({ certificate: shown, minVersion: version, maxVersion: version });
      const pins = what.startsWith("the right pin") ? [upstream.pin] : [];
      const { client, lines } = await serve([specOf(upstream, { pins, ...change })]);
      for (const name of ["a.test", "b.test", "c.test"]) {
        const { message, milliseconds } = await client.ask(name);
        expect(outcomeOf(message)).toMatch(/^SERVFAIL 23 /);
        expect(outcomeOf(message)).toMatch(says);
        expect(milliseconds).toBeLessThan(1500);
      }
      untouched(upstream);
      expect(lines.map(({ level }) => level)).toEqual(["warn"]);
      expect(lines[0]!.message).toMatch(says);
    });

    test("is passed over for the next one", async () => {
      const upstream = await start({ certificate: shown, minVersion: version, maxVersion: version });
      const next = await start();
      const { client, lines } = await serve([specOf(upstream, change), specOf(next)]);
      for (const name of ["a.test", "b.test"]) {
        expect(outcomeOf((await client.ask(name)).message)).toBe(addressOf(name));
      }
      untouched(upstream);
      expect(next.counters.queries).toBe(2);
      expect(lines).toHaveLength(1);
    });
  });

  test("and whose certificate was replaced is asked no more once the connection is gone", async () => {
    const upstream = await start({ minVersion: version, maxVersion: version, tickets: false });
    const { client } = await serve([specOf(upstream, { pins: [upstream.pin] })]);
    expect(outcomeOf((await client.ask("a.test")).message)).toBe(addressOf("a.test"));
    await upstream.present("re-keyed");
    upstream.closeAll();
    const bytes = upstream.counters.applicationBytes;
    expect(outcomeOf((await client.ask("b.test")).message)).toMatch(/SERVFAIL 23 .*no key in the chain/);
    expect(upstream.counters.applicationBytes).toBe(bytes);
  });
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)(
  "T9: an upstream that speaks %s has given sessions",
  (version) => {
    test.each<[string, Partial<UpstreamSpec>]>([
      ["pin", { pins: [PIN] }],
      ["name", { name: "elsewhere.test" }],
    ])("who wants another %s starts with a full handshake, and refuses", async (_, change) => {
      const upstream = await start({ minVersion: version, maxVersion: version });
      // One process, one store of sessions: the other one for a route, as a configuration that has changed.
      const changed: RouteSpec = {
        match: [{ suffix: "changed.example", apex: true, written: "changed.example" }],
        upstreams: [specOf(upstream, change)],
        policy: "failover",
      };
      const { client } = await serve([specOf(upstream, { pins: [upstream.pin] })], { routes: [changed] });
      for (const name of ["a.test", "b.test"]) {
        expect(outcomeOf((await client.ask(name)).message)).toBe(addressOf(name));
        upstream.closeAll();
      }
      await until(() => upstream.counters.open === 0);
      expect(upstream.counters.resumed).toBe(1);
      const bytes = upstream.counters.applicationBytes;
      expect(outcomeOf((await client.ask("c.changed.example")).message)).toMatch(/^SERVFAIL 23 /);
      expect(upstream.counters).toMatchObject({ applicationBytes: bytes, resumed: 1 });
      expect(upstream.counters.connections).toBeGreaterThan(2);
    });
  },
);

test("a server that stays wrong is tried again about once a second, and the log says it once", async () => {
  const upstream = await start({ certificate: "expired" });
  const { client, lines } = await serve([specOf(upstream)]);
  const startedAt = performance.now();
  while (performance.now() - startedAt < 3000) {
    expect(outcomeOf((await client.ask("a.test")).message)).toMatch(/^SERVFAIL 23 .*expired/);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(upstream.counters.connections).toBeGreaterThan(2);
  expect(upstream.counters.connections).toBeLessThan(7);
  untouched(upstream);
  expect(lines).toHaveLength(1);
});

test("a server that never shakes hands sees a ClientHello and nothing else", async () => {
  const upstream = await start({ handshake: "never" });
  const { client, lines } = await serve([specOf(upstream)]);
  const { message, milliseconds } = await client.ask("secret.example");
  expect(outcomeOf(message)).toMatch(/^SERVFAIL 22 .*no TLS handshake within 2 s/);
  expect(milliseconds).toBeLessThan(3500);
  expect(lines).toHaveLength(1);
  expect(upstream.counters.connections).toBe(1);
  const sent = Buffer.concat(upstream.counters.rawData);
  // One TLS record of type handshake that holds one ClientHello, to the byte (RFC 8446 sections 4 and 5.1).
  expect([sent[0], sent[5]]).toEqual([22, 1]);
  expect(sent.readUInt16BE(3)).toBe(sent.length - 5);
  expect(sent.readUIntBE(6, 3)).toBe(sent.length - 9);
  expect(sent.includes("secret")).toBe(false);
});

test("a server that answers the ClientHello with what is no TLS gets nothing more", async () => {
  const upstream = await start({ handshake: "garbage" });
  const { client } = await serve([specOf(upstream)]);
  expect(outcomeOf((await client.ask("secret.example")).message)).toMatch(/^SERVFAIL 23 .*TLS: /);
  const sent = Buffer.concat(upstream.counters.rawData);
  expect(sent[0]).toBe(22);
  expect(sent.includes("secret")).toBe(false);
});

test("NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing", async () => {
  const upstream = await start({ certificate: "self-signed" });
  const daemon = await startDaemon([upstream], { env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
  const client = await UdpClient.open(daemon.url);
  onTestFinished(() => client.close());
  expect(outcomeOf((await client.ask("a.example")).message)).toMatch(/^SERVFAIL 23 .*self-signed/);
  untouched(upstream);
});
