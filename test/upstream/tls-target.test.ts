import { statSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CipherNameAndProtocol, EphemeralKeyInfo } from "node:tls";
import tls from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createAuthority } from "../../src/cli/demo/authority.ts";
import { type Dialed, dial } from "../../src/upstream/dial.ts";
import { folderWith } from "../support/config-folder.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { dialOnce, said } from "./dialing.ts";
import { optionTarget, sharing } from "./tls-options.ts";

const unknown = /^untrusted: TLS: the issuer of the certificate is not known here$/;

describe("anchors", () => {
  test("of a file and of a folder vouch for a server, those of others do not", async () => {
    const upstream = await start();
    const other = (await createAuthority()).ca;
    const folder = folderWith({ "a.pem": other, "b.crt": upstream.ca, ".old": "no certificate" });
    const wrong = folderWith({ "a.pem": other, ".hidden.pem": upstream.ca });
    expect(said(await dialOnce(optionTarget(upstream)))).toBe("open");
    expect(said(await dialOnce(optionTarget(upstream, { ca: { directory: folder } })))).toBe("open");
    expect(said(await dialOnce(optionTarget(upstream, { ca: { directory: wrong } })))).toMatch(unknown);
    expect(said(await dialOnce(optionTarget(upstream, { ca: { file: join(wrong, "a.pem") } })))).toMatch(
      unknown,
    );
  });

  test.each(["system", "bundled"] as const)("%s do not know a private authority", async (ca) => {
    expect(said(await dialOnce(optionTarget(await start(), { ca })))).toMatch(unknown);
  });

  test("bundled are Node's alone, whatever the environment adds for the system", async () => {
    const upstream = await start();
    vi.stubEnv("NODE_EXTRA_CA_CERTS", upstream.caFile());
    vi.stubEnv("SSL_CERT_FILE", upstream.caFile());
    try {
      expect(said(await dialOnce(optionTarget(upstream, { ca: "system" })))).toBe("open");
      expect(said(await dialOnce(optionTarget(upstream, { ca: "bundled" })))).toMatch(unknown);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("versions", () => {
  test("are those between the least and the newest", async () => {
    const upstream = await start();
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const only = optionTarget(upstream, { minVersion: version, maxVersion: version });
      expect(said(await dialOnce(only))).toBe("open");
    }
    await until(() => upstream.counters.handshakes === 2);
    expect([...upstream.counters.versions.keys()]).toEqual(["TLSv1.2", "TLSv1.3"]);
  });

  test("that a server does not have are a failure of TLS", async () => {
    const upstream = await start({ minVersion: "TLSv1.3" });
    expect(said(await dialOnce(optionTarget(upstream, { maxVersion: "TLSv1.2" })))).toMatch(
      /^tls: TLS: .*version/,
    );
  });
});

describe("what is offered", () => {
  const cipherOf = (dialed: unknown): CipherNameAndProtocol => (dialed as Dialed).socket.getCipher();

  test.each([
    ["TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"],
    [
      "TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
      "TLSv1.2",
      "ECDHE-ECDSA-AES256-GCM-SHA384",
    ],
  ] as const)("are the ciphers %s with %s", async (ciphers, maxVersion, name) => {
    const dialed = await dialOnce(optionTarget(await start({ maxVersion }), { ciphers }));
    expect(said(dialed)).toBe("open");
    expect(cipherOf(dialed).name).toBe(name);
  });

  test.each(["X25519", "P-384"])("is the group %s", async (group) => {
    const dialed = await dialOnce(optionTarget(await start(), { groups: group }));
    expect(said(dialed)).toBe("open");
    const info = (dialed as Dialed).socket.getEphemeralKeyInfo() as EphemeralKeyInfo;
    expect(info.name).toBe(group === "P-384" ? "secp384r1" : group);
  });

  test("is the name, unless SNI is off; it is checked all the same", async () => {
    const upstream = await start();
    expect(said(await dialOnce(optionTarget(upstream, { sni: false })))).toBe("open");
    expect(said(await dialOnce(optionTarget(upstream)))).toBe("open");
    await until(() => upstream.counters.handshakes === 2);
    expect(upstream.counters.serverNames).toEqual(
      new Map([
        ["", 1],
        ["dot.test", 1],
      ]),
    );
    const wrong = optionTarget(upstream, { sni: false }, { name: "other.test" });
    expect(said(await dialOnce(wrong))).toMatch(/^name: /);
  });

  test("that OpenSSL cannot follow is a failure, and nothing is thrown", async () => {
    const upstream = await start();
    expect(said(await dialOnce(optionTarget(upstream, { ciphers: "nothing-at-all" })))).toMatch(
      /^tls: TLS: /,
    );
    expect(upstream.counters.connections).toBe(0);
  });
});

describe("ALPN", () => {
  test("offers what it is told", async () => {
    const upstream = await start({ alpn: ["dot", "other"] });
    const dialed = await dialOnce(optionTarget(upstream, { alpn: ["other", "dot"] }));
    expect((dialed as Dialed).socket.alpnProtocol).toBe("dot");
    expect([...upstream.counters.alpn.keys()]).toEqual(["other,dot"]);
  });

  test("is left away when there is nothing to offer", async () => {
    const upstream = await start();
    expect(said(await dialOnce(optionTarget(upstream, { alpn: [] })))).toBe("open");
    await until(() => upstream.counters.handshakes === 1);
    expect([...upstream.counters.alpn.keys()]).toEqual([""]);
  });

  test("is left away after a refusal, at once and from then on", async () => {
    const upstream = await start({ alpn: ["something"] });
    const target = optionTarget(upstream);
    expect(said(await dialOnce(target))).toBe("open");
    expect(upstream.counters.connections).toBe(2);
    expect(said(await dialOnce(target))).toBe("open");
    expect(upstream.counters.connections).toBe(3);
    await until(() => upstream.counters.handshakes === 2);
    expect(upstream.counters.alpn).toEqual(
      new Map([
        ["dot", 1],
        ["", 2],
      ]),
    );
    // Another target has not learned it.
    expect(said(await dialOnce(optionTarget(upstream)))).toBe("open");
    expect(upstream.counters.connections).toBe(5);
  });

  test("is offered again when a server does not do without it any more", async () => {
    const upstream = await start({ alpn: ["something"] });
    const target = optionTarget(upstream);
    expect(said(await dialOnce(target))).toBe("open");
    upstream.set({ handshake: "close" });
    expect(said(await dialOnce(target))).toMatch(/^tls: /);
    upstream.set({ handshake: "serve", alpn: ["dot"] });
    upstream.resetCounters();
    expect(said(await dialOnce(target))).toBe("open");
    expect([...upstream.counters.alpn.keys()]).toEqual(["dot"]);
  });

  test("without it, a server must prove the same", async () => {
    const upstream = await start({ alpn: ["something"], certificate: "wrong-name" });
    expect(said(await dialOnce(optionTarget(upstream)))).toMatch(/^name: /);
    expect(upstream.counters.connections).toBe(2);
    await until(() => upstream.counters.open === 0);
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  test("can be refused while nobody waits any more, and no second attempt follows", async () => {
    const upstream = await start({ alpn: ["something"], handshake: { delay: 50 } });
    const heard: string[] = [];
    const { shared } = sharing();
    const cancel = dial(optionTarget(upstream, {}, {}, shared), shared.tickets, {
      onOpen: () => heard.push("open"),
      onFailure: ({ text }) => heard.push(text),
      onBytes: () => {},
    });
    await until(() => upstream.counters.connections === 1);
    cancel(false);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(heard).toEqual([]);
    expect(upstream.counters.connections).toBe(1);
  });
});

describe("the key log", () => {
  test("gets the secrets of connections, and is for its owner alone", async () => {
    const upstream = await start();
    const file = join(folderWith({}), "keys.log");
    const { shared } = sharing();
    const target = optionTarget(upstream, { keyLog: file }, {}, shared);
    const first = (await dialOnce(target)) as Dialed;
    await dialOnce(optionTarget(upstream, { keyLog: file, maxVersion: "TLSv1.2" }, {}, shared));
    const lines = readFileSync(file, "latin1").trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,96}$/);
    const labels = lines.map((line) => line.split(" ")[0]);
    expect(labels).toContain("CLIENT_HANDSHAKE_TRAFFIC_SECRET");
    expect(labels).toContain("SERVER_TRAFFIC_SECRET_0");
    expect(labels).toContain("CLIENT_RANDOM");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(said(first)).toBe("open");
  });

  test("that cannot be written is told once, and stops nobody", async () => {
    const upstream = await start();
    const { shared, problems } = sharing();
    const file = join(folderWith({}), "none", "keys.log");
    const target = optionTarget(upstream, { keyLog: file }, {}, shared);
    expect(said(await dialOnce(target))).toBe("open");
    expect(said(await dialOnce(target))).toBe("open");
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^TLS secrets cannot be logged: .*keys\.log/);
  });

  test("is not there unless somebody wants it", async () => {
    const dialed = (await dialOnce(optionTarget(await start()))) as Dialed;
    expect(dialed.socket.listenerCount("keylog")).toBe(0);
  });
});

test("what costs time is made once for all targets that want the same", async () => {
  const upstream = await start();
  const spy = vi.spyOn(tls, "createSecureContext");
  onTestFinished(() => spy.mockRestore());
  // The scripted upstream makes some too, without anchors.
  const made = (): number => spy.mock.calls.filter(([options]) => options?.ca !== undefined).length;
  const { shared } = sharing();
  const ca = { file: upstream.caFile() };
  for (const name of ["dot.test", "other.test", null]) {
    await dialOnce(optionTarget(upstream, { ca }, { name }, shared));
  }
  expect(made()).toBe(1);
  await dialOnce(optionTarget(upstream, { ca, maxVersion: "TLSv1.2" }, {}, shared));
  await dialOnce(optionTarget(upstream, { ca, groups: "P-256" }, {}, shared));
  await dialOnce(optionTarget(upstream, { ca, ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" }, {}, shared));
  expect(made()).toBe(4);
});

test("anchors that cannot be read are an error where the target is made", () => {
  const { shared } = sharing();
  const file = join(folderWith({}), "none.pem");
  expect(() => shared.anchors({ file })).toThrow(/ENOENT/);
  writeFileSync(file, "now it is there");
  expect(shared.anchors({ file }).id).not.toBe("system");
});
