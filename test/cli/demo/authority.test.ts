import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createAuthority } from "../../../src/cli/demo/authority.ts";

const certificates = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN[^]+?END CERTIFICATE-----\n/g) ?? []).map((one) => new X509Certificate(one));

describe("an authority", () => {
  test("issues leaves under an intermediate under the root", async () => {
    const authority = await createAuthority({ name: "unit" });
    const issued = await authority.issue({ names: ["a.test", "b.test"], addresses: ["127.0.0.1", "::1"] });
    const [leaf, intermediate, ...rest] = certificates(issued.chain);
    const [root] = certificates(authority.ca);
    expect(rest).toEqual([]);
    expect(leaf!.verify(intermediate!.publicKey)).toBe(true);
    expect(intermediate!.verify(root!.publicKey)).toBe(true);
    expect([leaf!.ca, intermediate!.ca, root!.ca]).toEqual([false, true, true]);
    expect([leaf!.checkIssued(intermediate!), intermediate!.checkIssued(root!)]).toEqual([true, true]);
    expect(leaf!.subjectAltName).toBe(
      "DNS:a.test, DNS:b.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
    expect(issued.cert).toBe(leaf!.toString());
    expect([pinOf(leaf!), pinOf(intermediate!)]).toEqual([issued.pin, authority.pin]);
  });

  test("can sign with the root itself, and not at all", async () => {
    const authority = await createAuthority({ intermediate: false });
    const [root] = certificates(authority.ca);
    const direct = await authority.issue({ names: ["a.test"] });
    expect(certificates(direct.chain)).toHaveLength(1);
    expect(new X509Certificate(direct.cert).verify(root!.publicKey)).toBe(true);
    expect(authority.pin).toBe(pinOf(root!));
    const alone = new X509Certificate((await authority.issue({ names: ["a.test"], selfSigned: true })).cert);
    expect(alone.verify(alone.publicKey)).toBe(true);
    expect(alone.issuer).toBe("CN=a.test");
  });

  test("takes validity and common name as told", async () => {
    const authority = await createAuthority();
    const notBefore = new Date("2020-01-01T00:00:00Z");
    const notAfter = new Date("2020-02-01T00:00:00Z");
    const { cert } = await authority.issue({ commonName: "only", notBefore, notAfter });
    const certificate = new X509Certificate(cert);
    expect([new Date(certificate.validFrom), new Date(certificate.validTo)]).toEqual([notBefore, notAfter]);
    expect(certificate.subject).toBe("CN=only");
    expect(certificate.subjectAltName).toBeUndefined();
  });
});

function pinOf(certificate: X509Certificate): string {
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}
