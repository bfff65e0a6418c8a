import { createHash, X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { certHashOf } from "../../src/upstream/cert-hash.ts";
import { folderWith } from "../support/config-folder.ts";
import { describeWith } from "../support/needs.ts";

const der = new X509Certificate(rootCertificates[0]!).raw;

describeWith(["openssl"], "the hash of what is signed in a certificate", () => {
  test.each(rootCertificates.slice(0, 5))("is that of what OpenSSL cuts out: %#", (pem) => {
    const raw = new X509Certificate(pem).raw;
    const folder = folderWith({});
    const [file, out] = [join(folder, "cert.der"), join(folder, "tbs.der")];
    writeFileSync(file, raw);
    // The outer header of a certificate of this size takes four bytes; then the signed part begins.
    const cut = ["-inform", "DER", "-in", file, "-strparse", "4", "-out", out, "-noout"];
    execFileSync("openssl", ["asn1parse", ...cut]);
    expect(certHashOf(raw)).toBe(createHash("sha256").update(readFileSync(out)).digest("base64"));
  });
});

/** The certificate with one bit changed. */
function changedAt(index: number): Buffer {
  const other = Buffer.from(der);
  other[index] = other[index]! ^ 1;
  return other;
}

test("the signature does not count, all that is signed does", () => {
  expect(certHashOf(changedAt(der.length - 1))).toBe(certHashOf(der));
  expect(certHashOf(changedAt(20))).not.toBe(certHashOf(der));
});

test("bytes that are no certificate have none", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: der.length - 1 }), (length) => {
      expect(certHashOf(der.subarray(0, length))).toBeNull();
    }),
  );
  const broken = [[], [0x30], [0x30, 0x80], [0x30, 2, 0x31, 0], [0x30, 2, 0x30, 5], [4, 0], [0x30, 0x85]];
  for (const bytes of broken) expect(certHashOf(Uint8Array.from(bytes))).toBeNull();
});
