import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { createAuthority, type Identity } from "../../src/cli/demo/authority.ts";
import { readCa } from "../../src/config/ca-file.ts";
import { folderWith, load, problemsOf } from "../support/config-folder.ts";

const pin = createHash("sha256").update("a public key").digest("base64");
let one: Identity;
let other: Identity;

beforeAll(async () => {
  const authority = await createAuthority();
  one = await authority.issue({ names: ["one.example"] });
  other = await authority.issue({ names: ["other.example"] });
});

describe("a client certificate", () => {
  const files = (): Record<string, string> => ({
    "cert.pem": one.chain,
    "key.pem": one.key,
    "both.pem": `${one.key}${one.chain}`,
    "other.key": other.key,
    "encrypted.key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
  });

  test("with its key, for all and for one", () => {
    const yaml =
      "tls: {cert: cert.pem, key: key.pem}\nupstreams: [1.1.1.1, {address: 192.0.2.1, cert: both.pem, key: both.pem}, {address: 192.0.2.2, cert: none, key: none}]";
    const cwd = folderWith({ ...files(), "dotls.yaml": yaml });
    const at = (name: string): string => join(cwd, name);
    expect(load({ cwd }).config.upstreams.map(({ tls }) => [tls.cert, tls.key])).toEqual([
      [at("cert.pem"), at("key.pem")],
      [at("both.pem"), at("both.pem")],
      [null, null],
    ]);
  });

  test.each([
    ["{cert: cert.pem}", "1:13: tls.cert: a certificate without its key (add key: FILE"],
    ["{key: key.pem}", "1:12: tls.key: a key without its certificate (add cert: FILE)"],
    ["{cert: cert.pem, key: other.key}", "other.key is not the key of the certificate in"],
    ["{cert: cert.pem, key: cert.pem}", "cert.pem holds no private key in PEM form"],
    ["{cert: key.pem, key: key.pem}", "key.pem holds no certificate in PEM form"],
    [
      "{cert: cert.pem, key: encrypted.key}",
      "encrypted.key: the key is encrypted, and nobody is there to type",
    ],
    ["{cert: nowhere.pem, key: key.pem}", "nowhere.pem: there is no such file"],
    ["{cert: cert.pem, key: nowhere.key}", "nowhere.key: there is no such file"],
  ])("%s", (tls, message) => {
    const cwd = folderWith({ ...files(), "dotls.yaml": `tls: ${tls}` });
    const problems = problemsOf({ cwd });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).toMatch(/^dotls\.yaml:1:\d+: tls\.(cert|key): /);
  });

  test("that one upstream has by halves is a fault of that one", () => {
    const yaml = "tls: {cert: cert.pem, key: key.pem}\nupstreams: [{address: 192.0.2.1, key: other.key}]";
    const problems = problemsOf({ cwd: folderWith({ ...files(), "dotls.yaml": yaml }) });
    expect(problems).toEqual([expect.stringContaining("dotls.yaml:2:39: upstreams[0].key: ")]);
  });
});

describe("what a server must prove", () => {
  test.each([
    [
      `{address: 192.0.2.1, verify: none, pins: ['${pin}']}`,
      "pins: nothing would be checked against them with verify: none",
    ],
    [`{address: 192.0.2.1, verify: none, certHashes: ['${pin}']}`, "certHashes: nothing would be checked"],
    [
      `{address: 192.0.2.1, verify: opportunistic, pins: ['${pin}']}`,
      "pins: nothing would be checked against them with",
    ],
    [
      "{address: 192.0.2.1, verify: pin}",
      "verify: pin, and there is no pin (add pins, or write verify: strict)",
    ],
  ])("%s", (yaml, message) => {
    expect(problemsOf({ yaml: `upstreams: [${yaml}]` })).toEqual([expect.stringContaining(message)]);
    expect(problemsOf({ yaml: `routes: [{match: a, upstreams: [${yaml}]}]` })[0]).toContain(
      "routes[0].upstreams[0]",
    );
  });

  test("the general word counts for those that have none", () => {
    expect(
      problemsOf({ yaml: "tls: {verify: pin}\nupstreams: [{server: quad9, verify: strict}, 1.1.1.1]" }),
    ).toEqual([
      "dotls.yaml:2:46: upstreams[1]: verify: pin, and there is no pin (add pins, or write verify: strict)",
    ]);
  });

  test("plain upstreams prove nothing, whatever the general word is", () => {
    const yaml = `tls: {verify: pin}\nupstreams: [{address: 192.0.2.1, pins: ['${pin}']}]\nroutes: [{match: a, upstreams: ['udp://10.0.0.2']}]`;
    expect(load({ yaml }).config.routes).toHaveLength(1);
  });
});

test("a newest version that is older than the oldest", () => {
  expect(problemsOf({ yaml: "tls: {minVersion: TLSv1.3, maxVersion: TLSv1.2}" })).toEqual([
    "dotls.yaml:1:40: tls.maxVersion: TLSv1.2 is older than minVersion, TLSv1.3",
  ]);
  expect(
    problemsOf({
      yaml: "tls: {maxVersion: TLSv1.2}\nupstreams: [{address: 192.0.2.1, minVersion: TLSv1.3}]",
    })[0],
  ).toContain("upstreams[0].maxVersion: TLSv1.2 is older than minVersion");
});

test("a key log that cannot be written", () => {
  const cwd = folderWith({ "dotls.yaml": "tls: {keyLog: nowhere/keys}" });
  expect(problemsOf({ cwd })[0]).toContain(`tls.keyLog: ${join(cwd, "nowhere/keys")} cannot be written`);
  expect(problemsOf({ cwd: folderWith({ "dotls.yaml": "tls: {keyLog: .}" }) })[0]).toContain(
    "this is a folder",
  );
});

describe("a folder of trust anchors", () => {
  test("of which every file counts that holds a certificate", () => {
    const folder = folderWith({
      "b.pem": rootCertificates[1]!,
      "a.crt": rootCertificates[0]!,
      README: "nothing",
      ".hidden.pem": rootCertificates[2]!,
    });
    mkdirSync(join(folder, "inner"));
    symlinkSync(join(folder, "a.crt"), join(folder, "c0ffee.0"));
    symlinkSync(join(folder, "nowhere"), join(folder, "dangling.pem"));
    const { ca } = load({ flags: { tlsCa: folder } }).config.tls;
    expect(ca).toEqual({ directory: folder });
    const [a, b] = rootCertificates;
    expect(readCa(ca)).toBe([a, b, a].join("\n"));
  });

  test.each([
    ["no certificate", { README: "nothing" }, "no file in FOLDER holds a certificate in PEM form"],
    [
      "a broken one",
      { "a.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
      "FOLDER/a.pem: certificate 1 in it cannot be read",
    ],
  ])("with %s", (_, files, message) => {
    const folder = folderWith(files);
    expect(problemsOf({ flags: { tlsCa: folder } })[0]).toContain(message.replace("FOLDER", folder));
  });

  test.skipIf(process.getuid?.() === 0)("that cannot be read", () => {
    const folder = folderWith({});
    chmodSync(folder, 0o000);
    const problems = problemsOf({ flags: { tlsCa: folder } });
    // Newer Node.js cannot remove a folder that it cannot read.
    chmodSync(folder, 0o700);
    expect(problems[0]).toContain("no permission");
  });

  test("beside the words for others", () => {
    const file = join(folderWith({}), "ca.pem");
    writeFileSync(file, rootCertificates[0]!);
    expect(readCa("system")).toBeNull();
    expect(readCa("bundled")!.match(/BEGIN CERTIFICATE/g)).toHaveLength(rootCertificates.length);
    expect(readCa({ file })).toBe(rootCertificates[0]);
  });
});
