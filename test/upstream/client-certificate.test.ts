import {
  appendFileSync,
  copyFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ClientCertificate } from "../../src/upstream/client-certificate.ts";
import { type Dialed, type Target, dial } from "../../src/upstream/dial.ts";
import { folderWith } from "../support/config-folder.ts";
import { describeWith } from "../support/needs.ts";
import { opensslServer } from "../support/openssl-server.ts";
import {
  type ClientAuthority,
  ClientFiles,
  type ClientIdentity,
  createClientAuthority,
} from "../support/scripted-upstream/client-identities.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { testAuthority } from "../support/scripted-upstream/identities.ts";
import { dialOnce, said } from "./dialing.ts";
import { optionTarget, sharing } from "./tls-options.ts";

let authority: ClientAuthority;
let first: ClientIdentity;
let second: ClientIdentity;
beforeAll(async () => {
  authority = await createClientAuthority();
  first = await authority.issue("first");
  second = await authority.issue("second");
});

function read({ cert, key }: ClientFiles): { client: ClientCertificate; problems: string[] } {
  const problems: string[] = [];
  return { client: new ClientCertificate(cert, key, (text) => problems.push(text)), problems };
}

describe("a client certificate", () => {
  test("is read once while its files stay as they are", () => {
    const { client } = read(new ClientFiles(first));
    const pair = client.pair();
    expect(pair).toMatchObject(first);
    expect(client.pair()).toBe(pair);
  });

  test("is read again when its files are replaced", () => {
    const files = new ClientFiles(first);
    const { client, problems } = read(files);
    const old = client.pair();
    files.replace(second);
    expect(client.pair()).toMatchObject(second);
    expect(client.pair()?.id).not.toBe(old?.id);
    expect(problems).toEqual([]);
  });

  test("is the same object, for whoever keeps something by it, when the files are written anew with the same content", () => {
    const files = new ClientFiles(first);
    const { client } = read(files);
    const pair = client.pair();
    files.replace(first);
    expect(client.pair()).toBe(pair);
  });

  test("is read again when a link is turned elsewhere, as Kubernetes does", async () => {
    const folder = folderWith({});
    const write = (name: string, identity: ClientIdentity): void => {
      writeFileSync(join(folder, `${name}.cert`), identity.cert);
      writeFileSync(join(folder, `${name}.key`), identity.key);
      // Same size and time: the file alone is another.
      for (const end of ["cert", "key"]) utimesSync(join(folder, `${name}.${end}`), 1, 1);
    };
    write("one", first);
    write("two", second);
    for (const end of ["cert", "key"]) symlinkSync(join(folder, `one.${end}`), join(folder, end));
    const client = new ClientCertificate(join(folder, "cert"), join(folder, "key"), () => {});
    expect(client.pair()).toMatchObject(first);
    for (const end of ["cert", "key"]) {
      symlinkSync(join(folder, `two.${end}`), join(folder, "new"));
      await rename(join(folder, "new"), join(folder, end));
    }
    expect(client.pair()).toMatchObject(second);
  });

  test("and its key may be in one file", () => {
    const folder = folderWith({ "both.pem": first.key + first.cert });
    const both = join(folder, "both.pem");
    const client = new ClientCertificate(both, both, () => {});
    expect(client.pair()).not.toBeNull();
  });

  const halves: readonly (readonly [string, (files: ClientFiles) => void, RegExp])[] = [
    [
      "with the old key still",
      ({ cert }) => writeFileSync(cert, second.cert),
      /is not the key of the certificate/,
    ],
    [
      "with the old certificate still",
      ({ key }) => writeFileSync(key, second.key),
      /is not the key of the certificate/,
    ],
    ["empty", ({ cert }) => truncateSync(cert), /holds no certificate in PEM form/],
    ["half-written", ({ cert }) => truncateSync(cert, 300), /has no end/],
    ["with half a chain", ({ cert }) => appendFileSync(cert, authority.ca.slice(0, 99)), /has no end/],
    ["with half a key", ({ key }) => truncateSync(key, 40), /holds no private key/],
    [
      "of garbage",
      ({ cert }) => writeFileSync(cert, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
      /cannot be read/,
    ],
    ["gone", ({ key }) => rmSync(key), /ENOENT/],
  ];

  test.each(halves)(
    "that is %s is told once; the old one stays until there is a good one",
    (_what, spoil, says) => {
      const files = new ClientFiles(first);
      const { client, problems } = read(files);
      const old = client.pair();
      spoil(files);
      for (let at = 0; at < 3; at++) expect(client.pair()).toBe(old);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(
        /^the client certificate cannot be used, the one read before is still used: /,
      );
      expect(problems[0]).toMatch(says);
      files.replace(second);
      expect(client.pair()).toMatchObject(second);
      expect(problems).toHaveLength(1);
    },
  );

  test("that was never good is null, and good as soon as it is there", () => {
    const folder = folderWith({});
    const problems: string[] = [];
    const paths = [join(folder, "cert"), join(folder, "key")] as const;
    const client = new ClientCertificate(...paths, (text) => problems.push(text));
    expect([client.pair(), client.pair()]).toEqual([null, null]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^the client certificate cannot be used, there is none yet: /);
    const files = new ClientFiles(first);
    copyFileSync(files.cert, paths[0]);
    copyFileSync(files.key, paths[1]);
    expect(client.pair()).toMatchObject(first);
  });
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)("mutual TLS, %s:", (version) => {
  const only = { minVersion: version, maxVersion: version };
  const wants =
    /^tls: TLS: the server (wants a client certificate|broke off after it had shown its certificate; it may want one of ours)$/;

  test("a server that asks gets the certificate", async () => {
    const upstream = await start({ ...only, clientCa: authority.ca });
    const { cert, key } = new ClientFiles(first);
    expect(said(await dialOnce(optionTarget(upstream, { cert, key })))).toBe("open");
    await until(() => upstream.counters.clients.get("first") === 1);
  });

  test("a server that does not ask does not see it", async () => {
    const upstream = await start(only);
    const { cert, key } = new ClientFiles(first);
    expect(said(await dialOnce(optionTarget(upstream, { cert, key })))).toBe("open");
    await until(() => upstream.counters.clients.get("") === 1);
  });

  test("without a certificate the failure says what is missing", async () => {
    const upstream = await start({ ...only, clientCa: authority.ca });
    const heard = await hear(optionTarget(upstream));
    expect(heard.at(-1)).toMatch(wants);
    // With TLS 1.3 the client is done before the server has looked at its certificate.
    expect(heard).toHaveLength(version === "TLSv1.2" ? 1 : 2);
  });

  test("files that hold nothing good are a failure of their own, without a connection", async () => {
    const upstream = await start({ ...only, clientCa: authority.ca });
    const files = new ClientFiles(first);
    rmSync(files.cert);
    const { shared, problems } = sharing();
    const target = optionTarget(upstream, { cert: files.cert, key: files.key }, {}, shared);
    expect(said(await dialOnce(target))).toBe("tls: TLS: the client certificate cannot be read");
    expect(upstream.counters.connections).toBe(0);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(files.cert);
  });

  test("a new certificate is shown as soon as it is there, and no session of the old one is resumed with it", async () => {
    const upstream = await start({ ...only, clientCa: authority.ca });
    const files = new ClientFiles(first);
    const { shared } = sharing();
    const target = optionTarget(upstream, { cert: files.cert, key: files.key }, {}, shared);
    expect(said(await dialOnce(target, shared.tickets))).toBe("open");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await dialOnce(target, shared.tickets)).toMatchObject({ resumed: true });
    files.replace(second);
    expect(await dialOnce(target, shared.tickets)).toMatchObject({ resumed: false });
    await until(() => upstream.counters.clients.get("second") === 1);
  });
});

/** What a listener hears in half a second: `open`, and failures. */
async function hear(target: Target): Promise<string[]> {
  const heard: string[] = [];
  const cancel = dial(target, sharing().shared.tickets, {
    onOpen: ({ socket }: Dialed) => {
      heard.push("open");
      socket.once("close", () => heard.push("close"));
    },
    onFailure: ({ kind, text }) => heard.push(`${kind}: ${text}`),
    onBytes: () => {},
  });
  await until(() => heard.some((one) => one !== "open"));
  cancel(false);
  return heard.filter((one) => one !== "close");
}

describeWith(["openssl"], "beside a server by OpenSSL", () => {
  test.each(["-tls1_2", "-tls1_3"])("(%s) each refusal has its words", async (version) => {
    const { port } = await opensslServer(
      [version, "-Verify", "1", "-verify_return_error", "-CAfile", "clients.pem"],
      { "clients.pem": authority.ca },
    );
    const { ca } = await testAuthority();
    const file = join(folderWith({ "ca.pem": ca }), "ca.pem");
    const target = (identity?: ClientIdentity): Target => {
      const files = identity === undefined ? null : new ClientFiles(identity);
      const settings = { ca: { file }, cert: files?.cert ?? null, key: files?.key ?? null };
      const server = { address: "127.0.0.1", port, name: "dot.test" };
      return optionTarget({ ...server, caFile: () => file }, settings);
    };
    expect((await hear(target())).at(-1)).toMatch(/wants a client certificate|may want one of ours/);
    const stranger = await (await createClientAuthority("somebody else")).issue("stranger");
    expect((await hear(target(stranger))).at(-1)).toBe(
      "tls: TLS: the server refuses our client certificate: it does not know its authority",
    );
    expect((await hear(target(await authority.issue("late", -1)))).at(-1)).toBe(
      "tls: TLS: the server refuses our client certificate: expired",
    );
    // Last, as it serves one at a time.
    expect(said(await dialOnce(target(first)))).toBe("open");
  });
});
