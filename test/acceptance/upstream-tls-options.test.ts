import { copyFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { RouteSpec } from "../../src/config/config.ts";
import { folderWith } from "../support/config-folder.ts";
import { describeWith } from "../support/needs.ts";
import { startMutualBind } from "../support/peers/mutual-bind.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { ClientFiles, createClientAuthority } from "../support/scripted-upstream/client-identities.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, plainConfig, serve, specOf } from "../support/serve.ts";
import type { UdpClient, UdpReply } from "../support/udp-client.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks for one name after the other, one every 5 ms whatever becomes of them, until `stop`, which gives all replies. */
function keepAsking(client: UdpClient, suffix: string): { stop(): Promise<UdpReply[]> } {
  const asked: Promise<UdpReply>[] = [];
  const timer = setInterval(() => asked.push(client.ask(`n${asked.length}.${suffix}`)), 5);
  onTestFinished(() => clearInterval(timer));
  return {
    stop: () => {
      clearInterval(timer);
      return Promise.all(asked);
    },
  };
}

/** The replies that are not what the scripted upstream answers. */
const wrongOf = (replies: readonly UdpReply[]): unknown[] =>
  replies
    .map(({ name, message }) => [name, addressOf(name), outcomeOf(message)])
    .filter(([, right, got]) => right !== got);

describe.each(["TLSv1.2", "TLSv1.3"] as const)(
  "a private upstream that speaks %s and wants to know its clients",
  (version) => {
    const only = { minVersion: version, maxVersion: version };

    test("replaces its certificate, and its clients theirs, while queries run: none is lost", async () => {
      const authority = await createClientAuthority("clients");
      const next = await createClientAuthority("clients from now on");
      const files = new ClientFiles(await authority.issue("first"));
      const replacement = new ClientFiles(await next.issue("second"));
      const upstream = await start({ ...only, clientCa: authority.ca });
      const { client, lines } = await serve([
        specOf(upstream, { tls: { cert: files.cert, key: files.key } }),
      ]);
      const asking = keepAsking(client, "example");
      const { clients } = upstream.counters;
      /** Ends the connections, so that there is a new one under queries. */
      const redial = async (): Promise<void> => {
        const before = upstream.counters.handshakes;
        upstream.closeAll();
        await until(() => upstream.counters.handshakes > before);
        await sleep(50);
      };
      await until(() => clients.get("first") === 1);
      await upstream.present("re-keyed");
      await redial();
      upstream.set({ clientCa: authority.ca + next.ca });
      // The new certificate is there, its key is still to come.
      copyFileSync(replacement.cert, files.cert);
      await redial();
      expect(clients.get("second")).toBeUndefined();
      copyFileSync(replacement.key, files.key);
      await redial();
      expect(clients.get("second")).toBe(1);
      upstream.set({ clientCa: next.ca });
      await redial();
      await upstream.present("good");
      await redial();
      const replies = await asking.stop();
      expect(replies.length).toBeGreaterThan(20);
      expect(wrongOf(replies)).toEqual([]);
      expect(client.wrong).toEqual([]);
      expect(lines.map(({ level, message }) => [level, message.split(":")[0]])).toEqual([
        ["warn", "the client certificate cannot be used, the one read before is still used"],
      ]);
      // Whoever it is, it was always somebody.
      expect(clients.get("")).toBeUndefined();
    });

    test("says so to a client that has no certificate, and the log says it once", async () => {
      const upstream = await start({ ...only, clientCa: (await createClientAuthority()).ca });
      const { client, lines, server } = await serve([specOf(upstream)]);
      const says = version === "TLSv1.3" ? /wants a client certificate/ : /may want one of ours/;
      for (const name of ["a.example", "b.example"]) {
        const { message, milliseconds } = await client.ask(name);
        expect(outcomeOf(message)).toMatch(/^SERVFAIL 23 /);
        expect(outcomeOf(message)).toMatch(says);
        expect(milliseconds).toBeLessThan(1500);
      }
      expect(server.status().upstreams[0]!.lastError).toMatchObject({ kind: "tls" });
      expect(lines.map(({ level }) => level)).toEqual(["warn"]);
      expect(lines[0]!.message).toMatch(says);
      expect(upstream.counters.queries).toBe(0);
    });

    test("is passed over for one that takes everybody", async () => {
      const upstream = await start({ ...only, clientCa: (await createClientAuthority()).ca });
      const open = await start(only);
      const { client } = await serve([specOf(upstream), specOf(open)]);
      expect(wrongOf(await client.askAll(["a.example", "b.example", "c.example"], 1))).toEqual([]);
    });
  },
);

describe("verify", () => {
  test.each([
    ["none", "self-signed", false],
    ["opportunistic", "self-signed", false],
    ["opportunistic", "good", false],
    ["pin", "self-signed", true],
    ["pin", "expired", true],
  ] as const)(
    "%s takes a server that shows a certificate that is %s",
    async (verify, certificate, pinned) => {
      const upstream = await start({ certificate });
      const pins = pinned ? [upstream.pin] : [];
      const { client } = await serve([specOf(upstream, { pins, tls: { verify } })]);
      expect(wrongOf(await client.askAll(["a.example", "b.example"], 1))).toEqual([]);
    },
  );

  test("pin does not take a server with another key, whatever else is right", async () => {
    const upstream = await start();
    const { client } = await serve([specOf(upstream, { pins: [upstream.pin], tls: { verify: "pin" } })]);
    await upstream.present("re-keyed");
    expect(outcomeOf((await client.ask("a.example")).message)).toMatch(/^SERVFAIL 23 .*no key in the chain/);
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  test("none for one route earns no session that the rest could resume", async () => {
    const upstream = await start({ certificate: "wrong-name" });
    const loose: RouteSpec = {
      match: [{ suffix: "loose.example", apex: true, written: "loose.example" }],
      upstreams: [specOf(upstream, { tls: { verify: "none" } })],
      policy: "failover",
    };
    const { client } = await serve([specOf(upstream)], { routes: [loose] });
    for (let at = 0; at < 3; at++) {
      expect(wrongOf([await client.ask("a.loose.example")])).toEqual([]);
      await sleep(30);
      expect(outcomeOf((await client.ask("a.example")).message)).toMatch(/^SERVFAIL 23 .*not for dot\.test/);
      upstream.closeAll();
    }
    expect([...upstream.counters.names.keys()]).toEqual(["a.loose.example"]);
  });
});

describe("a server that refuses ALPN", () => {
  test("is asked without, and nobody notices", async () => {
    const upstream = await start({ alpn: ["something-else"] });
    const { client, lines } = await serve([specOf(upstream)]);
    expect(wrongOf(await client.askAll(["a.example", "b.example"], 2))).toEqual([]);
    upstream.closeAll();
    expect(wrongOf([await client.ask("c.example")])).toEqual([]);
    // Refused once, then two that were not offered anything.
    expect(upstream.counters).toMatchObject({ connections: 3, handshakes: 2 });
    expect(lines).toEqual([]);
  });
});

describe("the options of one upstream", () => {
  test("are its own: anchors from a folder, no name in the clear, a newest version, secrets in a file", async () => {
    const [one, other] = [await start(), await start()];
    const folder = folderWith({ "private.pem": one.ca });
    const keyLog = join(folder, "keys.log");
    const tls = { ca: { directory: folder }, sni: false, maxVersion: "TLSv1.2", keyLog } as const;
    const specs = [specOf(one, { tls }), specOf(other)];
    const { client } = await serve(specs, { policy: "round-robin" });
    expect(wrongOf(await client.askAll(["a.example", "b.example"], 1))).toEqual([]);
    const seen = ({ counters }: ScriptedUpstream): unknown => [...counters.serverNames, ...counters.versions];
    await until(() => one.counters.handshakes + other.counters.handshakes === 2);
    expect(seen(one)).toEqual([
      ["", 1],
      ["TLSv1.2", 1],
    ]);
    expect(seen(other)).toEqual([
      ["dot.test", 1],
      ["TLSv1.3", 1],
    ]);
    const secrets = readFileSync(keyLog, "latin1").trim().split("\n");
    expect(secrets).toHaveLength(1);
    expect(secrets[0]).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/);
    expect(statSync(keyLog).mode & 0o777).toBe(0o600);
  });
});

describeWith(["named"], "BIND that wants to know its clients", () => {
  test("replaces its certificate, and its clients theirs, while queries run: none is lost", async () => {
    const authority = await createClientAuthority();
    const bind = await startMutualBind(authority.ca);
    onTestFinished(() => bind.stop());
    const files = new ClientFiles(await authority.issue("first"));
    const tls = { ...plainConfig.tls, ca: { file: bind.ca }, cert: files.cert, key: files.key };
    const { client, lines } = await serve([bind.spec(tls)]);
    const asking = keepAsking(client, "example");
    for (const name of ["second", "third"]) {
      await sleep(300);
      files.replace(await authority.issue(name));
      await bind.renew();
      await sleep(500);
    }
    const outcomes = (await asking.stop()).map(({ message }) => outcomeOf(message));
    expect(outcomes.length).toBeGreaterThan(50);
    expect(outcomes.filter((outcome) => outcome !== "192.0.2.53")).toEqual([]);
    expect(lines.filter(({ level }) => level === "warn")).toEqual([]);
  });

  test("sends no alert to who has no certificate, so that all there is to say is that it closed", async () => {
    const bind = await startMutualBind((await createClientAuthority()).ca);
    onTestFinished(() => bind.stop());
    const { client, lines } = await serve([bind.spec({ ...plainConfig.tls, ca: { file: bind.ca } })]);
    expect(outcomeOf((await client.ask("a.example")).message)).toMatch(/^SERVFAIL 23 .*closed by the server/);
    expect(lines.map(({ level }) => level)).toEqual(["warn"]);
  });
});
