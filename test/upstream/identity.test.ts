import { X509Certificate, createHash, webcrypto } from "node:crypto";
import type { DetailedPeerCertificate } from "node:tls";
import "reflect-metadata";
import { X509CertificateGenerator } from "@peculiar/x509";
import { beforeAll, describe, expect, test } from "vitest";
import { type Authority, type Identity, createAuthority } from "../../src/cli/demo/authority.ts";
import { checkIdentity, pinOf, serverNameOf } from "../../src/upstream/identity.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { dialOnce, said, targetOf } from "./dialing.ts";

let authority: Authority;
let leaf: Identity;
beforeAll(async () => {
  authority = await createAuthority();
  leaf = await authority.issue({
    names: ["dot.test", "*.wild.test"],
    addresses: ["192.0.2.1", "2001:db8::1", "fe80::1"],
    commonName: "common.test",
  });
});

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);

const certificates = (pem: string): X509Certificate[] =>
  pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((one) => one.trim() !== "")
    .map((one) => new X509Certificate(one));

/** As Node hands a chain to an identity check: each certificate linked to its issuer, the root to itself. */
function peer(chain: readonly X509Certificate[]): DetailedPeerCertificate {
  const linked = chain.map(({ raw }) => ({ raw }) as DetailedPeerCertificate);
  for (const [at, one] of linked.entries()) one.issuerCertificate = linked[at + 1] ?? one;
  return linked[0]!;
}

function check(identity: Partial<Parameters<typeof checkIdentity>[0]>): string {
  const chain = [...certificates(leaf.chain), ...certificates(authority.ca)];
  const error = checkIdentity({ name: null, address: "192.0.2.99", pins: [], ...identity }, peer(chain));
  return error === undefined ? "fine" : `${error.kind}: ${error.message}`;
}

describe("the name", () => {
  test.each([
    ["dot.test", "fine"],
    ["DOT.test", "fine"],
    ["one.wild.test", "fine"],
    [
      "two.labels.wild.test",
      "name: TLS: the certificate is not for two.labels.wild.test, but for dot.test, ",
    ],
    ["wild.test", "name: "],
    ["common.test", "name: "],
    ["test", "name: "],
    ["xdot.test", "name: "],
    ["dot.test.evil", "name: "],
    // Written as a name or not, an address is looked for among the addresses.
    ["192.0.2.1", "fine"],
    ["192.0.2.2", "name: "],
  ])("%s: %s", (name, result) => {
    expect(check({ name }).slice(0, result.length)).toBe(result);
  });

  test("stands for itself: the right address does not make up for a wrong name", () => {
    expect(check({ name: "other.test", address: "192.0.2.1" })).toMatch(/^name: /);
  });

  test.each([
    ["192.0.2.1", "fine"],
    ["192.0.2.3", "name"],
    ["2001:db8::1", "fine"],
    ["2001:DB8:0:0::1", "fine"],
    ["2001:db8::2", "name"],
    ["fe80::1%eth0", "fine"],
    ["fe80::2%eth0", "name"],
  ])("when there is none, is the address %s: %s", (address, result) => {
    expect(check({ address }).split(":")[0]).toBe(result);
  });

  test("of a certificate is shown, some of them, when it is another", async () => {
    const names = ["a.test", "b.test", "c.test", "d.test", "e.test"];
    const many = await authority.issue({ names });
    const error = checkIdentity({ name: "x.test", address: "::1", pins: [] }, peer(certificates(many.cert)));
    expect(error?.message).toBe(
      "TLS: the certificate is not for x.test, but for a.test, b.test, c.test, d.test and others",
    );
    const none = await authority.issue({ commonName: "x.test" });
    const other = checkIdentity({ name: "x.test", address: "::1", pins: [] }, peer(certificates(none.cert)));
    expect(other?.message).toBe("TLS: the certificate is not for x.test, but for no name at all");
  });

  test("goes into SNI, an address never", () => {
    expect(serverNameOf({ name: "dot.test", address: "192.0.2.1", pins: [] })).toBe("dot.test");
    expect(serverNameOf({ name: null, address: "192.0.2.1", pins: [] })).toBe("");
    expect(serverNameOf({ name: "::1", address: "192.0.2.1", pins: [] })).toBe("");
  });
});

describe("pins", () => {
  const unknown = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

  test("are SHA-256 over the SubjectPublicKeyInfo", () => {
    const [certificate] = certificates(leaf.cert);
    const spki = certificate!.publicKey.export({ type: "spki", format: "der" });
    expect(pinOf(certificate!)).toBe(createHash("sha256").update(spki).digest("base64"));
    expect(pinOf(certificate!)).toBe(leaf.pin);
  });

  test("match the leaf, the intermediate and the root", () => {
    const pins = [...certificates(leaf.chain), ...certificates(authority.ca)].map(pinOf);
    expect(pins).toHaveLength(3);
    expect(new Set(pins).size).toBe(3);
    for (const pin of pins) {
      expect(check({ name: "dot.test", pins: [pin] })).toBe("fine");
      expect(check({ name: "dot.test", pins: [unknown, pin] })).toBe("fine");
    }
  });

  test("that match nothing are refused, and the server's pin is shown", () => {
    expect(check({ name: "dot.test", pins: [unknown] })).toBe(
      `pin: TLS: no key in the chain matches a pin (the server's is ${leaf.pin})`,
    );
  });

  test("and name are both required", () => {
    expect(check({ name: "other.test", pins: [leaf.pin] })).toMatch(/^name: /);
    expect(check({ name: "dot.test", pins: [unknown] })).toMatch(/^pin: /);
  });

  test("match over TLS whatever the server sends of its chain", async () => {
    const upstream = await start();
    const [root] = certificates(upstream.ca);
    // The root is not sent: Node finds it among the anchors.
    for (const pin of [upstream.pin, upstream.issuerPin, pinOf(root!)]) {
      expect(said(await dialOnce(targetOf(upstream, { pins: [pin] })))).toBe("open");
    }
    expect(said(await dialOnce(targetOf(upstream, { pins: [unknown] })))).toMatch(/^pin: /);
  });

  test("do not match a certificate that the server appended and that has signed nothing", async () => {
    // Trusted for the name, but not the key that is pinned.
    const other = await createAuthority({ name: "other authority", intermediate: false });
    const shown = await other.issue({ names: ["dot.test"] });
    const pinned = await newKeys();
    const signing = await newKeys();
    // Carries the name of the leaf's issuer and the pinned public key; anybody can make it.
    const forged = await X509CertificateGenerator.create({
      subject: "CN=other authority",
      issuer: "CN=somebody",
      publicKey: pinned.publicKey,
      signingKey: signing.privateKey,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    });
    const forgedPem = `${forged.toString("pem")}\n`;
    const pin = pinOf(new X509Certificate(forgedPem));
    const upstream = await start({ certificate: { ...shown, chain: shown.cert + forgedPem } });
    const anchors = new TrustAnchors(other.ca);
    expect(said(await dialOnce(targetOf(upstream, { anchors })))).toBe("open");
    expect(said(await dialOnce(targetOf(upstream, { anchors, pins: [pin] })))).toMatch(/^pin: /);
  });
});
