/**
 * Why a server could not be asked or did not answer, in kinds that are kept apart: each calls for another remedy.
 * `unreachable` is a missing route, `untrusted` a chain that ends at no anchor of ours, `clock` a certificate that is
 * outside its dates (which is as often the local clock's fault), `closed` a connection that ended under a query,
 * `silent` one that stayed open and said nothing, `malformed` an answer that is no DNS message, `http` an HTTP answer that
 * holds none, `loop` a server that is ourselves or asks ourselves,
 * `bootstrap` a name whose addresses are not known, `busy` a limit of ours.
 */
export const FAILURE_KINDS = [
  "refused",
  "unreachable",
  "timeout",
  "closed",
  "silent",
  "tls",
  "untrusted",
  "name",
  "pin",
  "clock",
  "malformed",
  "loop",
  "bootstrap",
  "http",
  "busy",
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** A failure and its story in words that can be shown to a client: no secrets, one line. */
export interface Failure {
  readonly kind: FailureKind;
  readonly text: string;
}

/** We ended the connection ourselves; always this very object. */
export const CLOSED_BY_US: Failure = { kind: "closed", text: "closed by dotls" };

/** Whether the two sides speak different protocols inside TLS, or one of them did not say which. */
export function isAboutAlpn({ kind, text }: Failure): boolean {
  return kind === "tls" && /application protocol|HTTP\/2/.test(text);
}

/**
 * Whether this host has no way to the whole family, not only to one network: no route at all, or no address to send from,
 * which is what a container without IPv6 says.
 */
export function lacksRoute({ kind, text }: Failure): boolean {
  return kind === "unreachable" && /\b(ENETUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)\b/.test(text);
}

/** Thrown by our own identity check inside Node's handshake, and turned into a Failure again outside. */
export class IdentityError extends Error {
  readonly kind: "name" | "pin";

  constructor(kind: "name" | "pin", message: string) {
    super(message);
    this.kind = kind;
  }
}

const unreachable = new Set([
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EADDRNOTAVAIL",
  "ENETDOWN",
  "EHOSTDOWN",
  "EINVAL",
]);
const gone = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "ERR_STREAM_PREMATURE_CLOSE"]);

/** What OpenSSL says of a chain that it does not accept, as Node names it. */
const untrusted = new Map([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "the certificate is self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "the chain ends in a certificate authority that is not trusted here"],
  ["UNABLE_TO_GET_ISSUER_CERT", "the issuer of the certificate is not known here"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "the issuer of the certificate is not known here"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "the server sent no chain to a trusted certificate authority"],
  ["CERT_SIGNATURE_FAILURE", "a signature in the chain is wrong"],
  ["CERT_UNTRUSTED", "the certificate authority is not trusted for this"],
  ["CERT_REJECTED", "the certificate authority rejects this use"],
  ["CERT_REVOKED", "the certificate is revoked"],
  ["CERT_CHAIN_TOO_LONG", "the chain is too long"],
  ["INVALID_CA", "a certificate in the chain is no certificate authority"],
  ["PATH_LENGTH_EXCEEDED", "the chain is longer than its authority allows"],
  ["INVALID_PURPOSE", "the certificate is not meant for a TLS server"],
]);

/** Alerts of a server about the certificate of its client (RFC 8446 section 6.2); nobody else sends them to a client. */
const aboutOurs = new Map([
  ["CERTIFICATE_REQUIRED", "the server wants a client certificate"],
  ["BAD_CERTIFICATE", "the server refuses our client certificate"],
  ["UNSUPPORTED_CERTIFICATE", "the server refuses our client certificate: not of its kind"],
  ["CERTIFICATE_REVOKED", "the server refuses our client certificate: revoked"],
  ["CERTIFICATE_EXPIRED", "the server refuses our client certificate: expired"],
  ["CERTIFICATE_UNKNOWN", "the server refuses our client certificate"],
  ["UNKNOWN_CA", "the server refuses our client certificate: it does not know its authority"],
  ["ACCESS_DENIED", "the server refuses our client certificate: no access"],
]);

/** Whether a server broke off because it does not speak any protocol that ALPN offered (RFC 7301 section 3.2). */
export function isAlpnRefusal({ code }: Error & { code?: string }): boolean {
  return alertOf(code) === "NO_APPLICATION_PROTOCOL";
}

/** Whether a server broke off without saying why. */
export function isHandshakeRefusal({ code }: Error & { code?: string }): boolean {
  return alertOf(code) === "HANDSHAKE_FAILURE";
}

/**
 * Whether the other side said in TLS that it will not go on, as one of TLS 1.3 does after the handshake when it does not
 * like the client. Broken records are no such word: they end a connection as a close does, and the next one may be well.
 */
export function isAlert({ code }: Error & { code?: string }): boolean {
  return alertOf(code) !== "";
}

/** The name of the alert that an error of OpenSSL is about; what stands before it changes with its versions. */
function alertOf(code = ""): string {
  return /^ERR_SSL_.*_ALERT_(.+)$/.exec(code)?.[1] ?? "";
}

/**
 * Turns what Node emitted while a connection was made into a Failure. `handshaking` says whether TCP had already
 * connected; `now` is the wall clock in milliseconds, named where a certificate is outside its dates.
 */
export function failureOf(error: Error & { code?: string }, handshaking: boolean, now: number): Failure {
  const code = error.code ?? "";
  if (error instanceof IdentityError) return { kind: error.kind, text: error.message };
  if (code === "ECONNREFUSED") return { kind: "refused", text: "connection refused" };
  if (unreachable.has(code)) return { kind: "unreachable", text: `no route (${code})` };
  if (code === "ETIMEDOUT") return { kind: "timeout", text: "the connection timed out" };
  if (code === "CERT_HAS_EXPIRED") {
    return { kind: "clock", text: `TLS: certificate expired (local clock ${new Date(now).toISOString()})` };
  }
  if (code === "CERT_NOT_YET_VALID") {
    return {
      kind: "clock",
      text: `TLS: certificate not yet valid (local clock ${new Date(now).toISOString()})`,
    };
  }
  const reason = untrusted.get(code);
  if (reason !== undefined) return { kind: "untrusted", text: `TLS: ${reason}` };
  const refusal = aboutOurs.get(alertOf(code));
  if (refusal !== undefined) return { kind: "tls", text: `TLS: ${refusal}` };
  if (gone.has(code)) {
    const when = handshaking ? "closed during the TLS handshake" : "closed by the server";
    return { kind: handshaking ? "tls" : "closed", text: when };
  }
  return {
    kind: handshaking ? "tls" : "unreachable",
    text: `${handshaking ? "TLS: " : ""}${plain(error, code)}`,
  };
}

/** OpenSSL's text is `error:0A000410:SSL routines:...:alert text:file:line`: the reason is the part people can read. */
function plain(error: Error & { reason?: unknown }, code: string): string {
  if (typeof error.reason === "string") return error.reason;
  return code === "" ? error.message : code;
}
