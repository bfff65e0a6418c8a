import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createAuthority } from "../../src/cli/demo/authority.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { dialOnce, said, targetOf } from "./dialing.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "dotls-anchors-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "ca.pem");
  writeFileSync(path, text);
  return path;
}

const unknown = /^untrusted: TLS: the issuer of the certificate is not known here$/;

describe("the anchors of a file", () => {
  test("vouch for a server under them, and for no other", async () => {
    const upstream = await start();
    const other = (await createAuthority()).ca;
    expect(said(await dialOnce(targetOf(upstream)))).toBe("open");
    expect(said(await dialOnce(targetOf(upstream, { anchors: new TrustAnchors(other) })))).toMatch(unknown);
    const both = new TrustAnchors(other + upstream.ca);
    expect(said(await dialOnce(targetOf(upstream, { anchors: both })))).toBe("open");
  });

  test("are alone: neither the system's nor Node's extra ones come on top", async () => {
    const upstream = await start();
    vi.stubEnv("NODE_EXTRA_CA_CERTS", upstream.caFile());
    vi.stubEnv("SSL_CERT_FILE", upstream.caFile());
    const anchors = new TrustAnchors((await createAuthority()).ca);
    expect(said(await dialOnce(targetOf(upstream, { anchors })))).toMatch(unknown);
  });

  test.each(["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])(
    "that cannot be read vouch for nobody, and nothing is thrown (%j)",
    async (pem) => {
      expect(said(await dialOnce(targetOf(await start(), { anchors: new TrustAnchors(pem) })))).toMatch(
        unknown,
      );
    },
  );
});

describe("the anchors of the system", () => {
  test("do not include a private authority", async () => {
    expect(said(await dialOnce(targetOf(await start(), { anchors: new TrustAnchors(null) })))).toMatch(
      unknown,
    );
  });

  test.each(["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])("include what %s names", async (variable) => {
    const upstream = await start();
    vi.stubEnv(variable, upstream.caFile());
    expect(said(await dialOnce(targetOf(upstream, { anchors: new TrustAnchors(null) })))).toBe("open");
  });

  /** The anchors that a TLS context is made with. */
  function used(): readonly string[] {
    const made = vi.spyOn(tls, "createSecureContext").mockClear();
    new TrustAnchors(null).context("TLSv1.2");
    return made.mock.calls[0]![0]!.ca as string[];
  }

  test("are those of SSL_CERT_FILE alone, when it is set", async () => {
    const { ca } = await createAuthority();
    vi.stubEnv("NODE_EXTRA_CA_CERTS", undefined);
    vi.stubEnv("SSL_CERT_FILE", file(ca));
    expect(used()).toEqual([ca]);
  });

  test("are none when SSL_CERT_FILE cannot be read: a slip must not widen what is trusted", () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", undefined);
    for (const named of ["/nonexistent/ca.pem", file("no certificate")]) {
      vi.stubEnv("SSL_CERT_FILE", named);
      expect(used()).toEqual([]);
    }
  });

  test("are not changed by empty variables", () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", undefined);
    vi.stubEnv("SSL_CERT_FILE", undefined);
    const unset = used();
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "");
    vi.stubEnv("SSL_CERT_FILE", "");
    expect(used()).toEqual(unset);
    expect(unset.length).toBeGreaterThan(0);
  });
});

test("a context is made once for each least version, with it", () => {
  const made = vi.spyOn(tls, "createSecureContext");
  const anchors = new TrustAnchors("");
  expect(anchors.context("TLSv1.2")).toBe(anchors.context("TLSv1.2"));
  expect(anchors.context("TLSv1.3")).not.toBe(anchors.context("TLSv1.2"));
  expect(made.mock.calls.map(([options]) => options!.minVersion)).toEqual(["TLSv1.2", "TLSv1.3"]);
});

test("the id stands for the content", async () => {
  const { ca } = await createAuthority();
  expect(new TrustAnchors(ca).id).toBe(new TrustAnchors(ca).id);
  expect(new Set([ca, "", null].map((pem) => new TrustAnchors(pem).id)).size).toBe(3);
});
