import { describe, expect, onTestFinished, test } from "vitest";
import { type Dialed, dial } from "../../src/upstream/dial.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { describeWith } from "../support/needs.ts";
import { opensslServer } from "../support/openssl-server.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { testAuthority } from "../support/scripted-upstream/identities.ts";
import { dialOnce, said, targetOf } from "./dialing.ts";

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => /TCPSocketWrap|TCPConnectWrap/.test(name)).length;

describe("the handshake", () => {
  test("offers ALPN dot and the name in SNI, and tells how long it took", async () => {
    const upstream = await start();
    const dialed = await dialOnce(targetOf(upstream));
    expect(dialed).toMatchObject({ resumed: false });
    const { connectMs, handshakeMs } = dialed as Dialed;
    expect(connectMs).toBeGreaterThan(0);
    expect(handshakeMs).toBeGreaterThan(0);
    await until(() => upstream.counters.handshakes === 1);
    expect([...upstream.counters.alpn.keys()]).toEqual(["dot"]);
    expect([...upstream.counters.serverNames.keys()]).toEqual(["dot.test"]);
  });

  test("sends no address in SNI", async () => {
    const upstream = await start();
    expect(said(await dialOnce(targetOf(upstream, { name: null })))).toBe("open");
    await until(() => upstream.counters.handshakes === 1);
    expect([...upstream.counters.serverNames.keys()]).toEqual([""]);
  });

  test("does without ALPN when the server does", async () => {
    expect(said(await dialOnce(targetOf(await start({ alpn: null }))))).toBe("open");
  });

  test("keeps to the least version", async () => {
    const old = await start({ maxVersion: "TLSv1.2" });
    expect(said(await dialOnce(targetOf(old)))).toBe("open");
    expect(said(await dialOnce(targetOf(old, { minVersion: "TLSv1.3" })))).toMatch(/^tls: TLS: .*version/);
    const older = await start({ minVersion: "TLSv1", maxVersion: "TLSv1.1" });
    expect(said(await dialOnce(targetOf(older)))).toMatch(/^tls: /);
  });

  test.each([
    ["close", /^tls: closed during the TLS handshake$/],
    ["rst", /^(tls: closed during the TLS handshake|closed: closed by the server)$/],
    ["garbage", /^tls: TLS: /],
    ["never", /^timeout: no TLS handshake within 2 s$/],
    [{ delay: 300 }, /^open$/],
  ] as const)("with a server that does %j", async (handshake, result) => {
    expect(said(await dialOnce(targetOf(await start({ handshake }))))).toMatch(result);
  });

  test("that nobody listens for is refused", async () => {
    const upstream = await start();
    await upstream.refuse();
    expect(said(await dialOnce(targetOf(upstream)))).toBe("refused: connection refused");
  });

  test("with an address that cannot be reached is told as such, whatever it looks like", async () => {
    const upstream = await start();
    for (const address of ["fe80::1%nowhere0", "255.255.255.255", "::ffff:0.0.0.1"]) {
      expect(said(await dialOnce(targetOf(upstream, { address })))).toMatch(
        /^(unreachable|refused|timeout): /,
      );
    }
  });
});

describe("giving up", () => {
  test("ends the attempt or the connection without a word, and leaves no socket", async () => {
    const before = sockets();
    for (const wait of [0, 1, 3, 10, 50]) {
      const upstream = await start();
      const heard: string[] = [];
      const cancel = dial(targetOf(upstream), new TicketStore(), {
        onOpen: () => heard.push("open"),
        onFailure: (failure: Failure) => heard.push(failure.text),
        onBytes: () => {},
      });
      await new Promise((resolve) => setTimeout(resolve, wait));
      cancel(wait % 2 === 0);
      cancel(true);
      const known = [...heard];
      await until(() => upstream.counters.open === 0);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(heard).toEqual(known);
      await upstream.close();
    }
    await until(() => sockets() <= before);
  });
});

describeWith(["openssl"], "a server by OpenSSL", () => {
  test.each(["-tls1_2", "-tls1_3"])("(%s) that refuses ALPN is asked once more without", async (version) => {
    const { port } = await opensslServer([version, "-alpn", "http/1.1"]);
    const { ca } = await testAuthority();
    const dialed = await dialOnce(targetOf({ address: "127.0.0.1", port, name: "dot.test", ca }));
    expect(said(dialed)).toBe("open");
    expect((dialed as Dialed).socket.alpnProtocol).toBe(false);
  });

  test.each<["-tls1_2" | "-tls1_3", string, string]>([
    ["-tls1_3", "k", "updates its key"],
    ["-tls1_3", "K", "updates its key and asks for ours"],
    ["-tls1_2", "r", "renegotiates"],
  ])("(%s %s) that %s: the connection goes on", async (version, command) => {
    const server = await opensslServer([version]);
    const { port } = server;
    const anchors = new TrustAnchors((await testAuthority()).ca);
    let received = "";
    let ended = false;
    const outcome = await new Promise<Dialed | Failure>((resolve) => {
      const cancel = dial(
        { address: "127.0.0.1", port, name: "dot.test", pins: [], anchors, minVersion: "TLSv1.2" },
        new TicketStore(),
        {
          onOpen: resolve,
          onFailure: resolve,
          onBytes: (bytes, length) => (received += bytes.toString("latin1", 0, length)),
        },
      );
      onTestFinished(() => cancel(false));
    });
    expect(said(outcome)).toBe("open");
    const { socket } = outcome as Dialed;
    socket.once("close", () => (ended = true));
    server.say("before\n");
    await until(() => received.includes("before"));
    server.say(`${command}\n`);
    socket.write("something\n");
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.say("after\n");
    await until(() => received.includes("after"));
    expect(ended).toBe(false);
  });
});
