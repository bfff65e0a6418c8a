import { describe, expect, test } from "vitest";
import {
  type FailureKind,
  IdentityError,
  failureOf,
  isAlpnRefusal,
  isAlert,
} from "../../src/upstream/failure.ts";

const NOW = Date.UTC(1970, 0, 1, 0, 0, 7);
const coded = (code: string, more: object = {}): Error & { code: string } =>
  Object.assign(new Error(`text of ${code}`), { code }, more);

describe("a failure", () => {
  test.each<[string, FailureKind, string]>([
    ["ECONNREFUSED", "refused", "connection refused"],
    ["ENETUNREACH", "unreachable", "no route (ENETUNREACH)"],
    ["EHOSTUNREACH", "unreachable", "no route (EHOSTUNREACH)"],
    ["EADDRNOTAVAIL", "unreachable", "no route (EADDRNOTAVAIL)"],
    ["ETIMEDOUT", "timeout", "the connection timed out"],
    ["ECONNRESET", "closed", "closed by the server"],
    ["EMFILE", "unreachable", "EMFILE"],
  ])("%s before TCP has connected is %s", (code, kind, text) => {
    expect(failureOf(coded(code), false, NOW)).toEqual({ kind, text });
  });

  test.each<[string, FailureKind, string]>([
    ["ECONNRESET", "tls", "closed during the TLS handshake"],
    ["EPIPE", "tls", "closed during the TLS handshake"],
    ["ETIMEDOUT", "timeout", "the connection timed out"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "untrusted", "TLS: the certificate is self-signed"],
    [
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "untrusted",
      "TLS: the issuer of the certificate is not known here",
    ],
    ["INVALID_PURPOSE", "untrusted", "TLS: the certificate is not meant for a TLS server"],
    ["CERT_HAS_EXPIRED", "clock", "TLS: certificate expired (local clock 1970-01-01T00:00:07.000Z)"],
    ["CERT_NOT_YET_VALID", "clock", "TLS: certificate not yet valid (local clock 1970-01-01T00:00:07.000Z)"],
    ["ERR_SSL_SOMETHING", "tls", "TLS: ERR_SSL_SOMETHING"],
  ])("%s in the handshake is %s", (code, kind, text) => {
    expect(failureOf(coded(code), true, NOW)).toEqual({ kind, text });
  });

  test("of OpenSSL is told by its reason, without file and line", () => {
    const error = coded("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", {
      reason: "tlsv1 alert no application protocol",
    });
    expect(failureOf(error, true, NOW)).toEqual({
      kind: "tls",
      text: "TLS: tlsv1 alert no application protocol",
    });
  });

  test.each([
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "the server wants a client certificate"],
    [
      "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
      "the server refuses our client certificate: it does not know its authority",
    ],
    ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "the server refuses our client certificate: expired"],
    // As newer versions of OpenSSL have it.
    ["ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED", "the server refuses our client certificate: expired"],
    ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "the server refuses our client certificate"],
  ])("%s is about our certificate, in the handshake and after it", (code, text) => {
    const failure = { kind: "tls", text: `TLS: ${text}` };
    expect(failureOf(coded(code), true, NOW)).toEqual(failure);
    expect(failureOf(coded(code), false, NOW)).toEqual(failure);
  });

  test("is an alert, or one about ALPN, by its code alone", () => {
    expect(isAlpnRefusal(coded("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"))).toBe(true);
    expect(isAlpnRefusal(coded("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"))).toBe(false);
    expect(isAlpnRefusal(new Error("no application protocol"))).toBe(false);
    expect(isAlert(coded("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"))).toBe(true);
    expect(isAlert(coded("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"))).toBe(false);
    expect(isAlert(coded("ECONNRESET"))).toBe(false);
    expect(isAlert(new Error("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"))).toBe(false);
  });

  test("without a code is told by its text", () => {
    expect(failureOf(new Error("something else"), true, NOW)).toEqual({
      kind: "tls",
      text: "TLS: something else",
    });
    expect(failureOf(new Error("something else"), false, NOW)).toEqual({
      kind: "unreachable",
      text: "something else",
    });
  });

  test.each(["name", "pin"] as const)("of our own check (%s) stays what it is", (kind) => {
    expect(failureOf(new IdentityError(kind, "why"), true, NOW)).toEqual({ kind, text: "why" });
  });
});
