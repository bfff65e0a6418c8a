import type { TlsConfig, TlsOptions } from "./config.ts";

/** What one upstream says about TLS by itself; what is left away is said by the general options. */
export type OwnTls = { readonly [Key in keyof TlsOptions]?: TlsOptions[Key] | undefined };

/** The general options when nobody says anything. */
export const DEFAULT_TLS: TlsConfig = Object.freeze({
  verify: "strict",
  ca: "system",
  cert: null,
  key: null,
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: null,
  groups: null,
  alpn: Object.freeze(["dot"]),
  sni: true,
  keyLog: null,
  prewarm: false,
});

/** The options of one upstream: its own over the general ones. */
export function mergeTls(general: TlsOptions, own: OwnTls): TlsOptions {
  return {
    verify: own.verify ?? general.verify,
    ca: own.ca ?? general.ca,
    // null is a value here: an upstream can go without what the others have.
    cert: own.cert === undefined ? general.cert : own.cert,
    key: own.key === undefined ? general.key : own.key,
    minVersion: own.minVersion ?? general.minVersion,
    maxVersion: own.maxVersion ?? general.maxVersion,
    ciphers: own.ciphers === undefined ? general.ciphers : own.ciphers,
    groups: own.groups === undefined ? general.groups : own.groups,
    alpn: own.alpn ?? general.alpn,
    sni: own.sni ?? general.sni,
    keyLog: own.keyLog === undefined ? general.keyLog : own.keyLog,
  };
}
