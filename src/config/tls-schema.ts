import { z } from "zod";
import type { TlsConfig } from "./config.ts";
import { onOrOff } from "./fields.ts";
import type { About } from "./option.ts";
import { tlsFields } from "./tls-fields.ts";

/** What a source says about TLS in general. */
export type TlsLayer = { [Key in keyof TlsConfig]?: TlsConfig[Key] | undefined };

type Shape = { [Key in keyof TlsConfig]-?: z.ZodOptional<z.ZodType<TlsConfig[Key]>> };

/** The section `tls`. Every key but `prewarm` stands in an upstream as well, for that one alone. */
export const tlsSection: z.ZodObject<Shape, z.core.$strict> = z.strictObject({
  verify: tlsFields.verify
    .meta({
      type: "`strict`, `pin`, `opportunistic` or `none`",
      description:
        "What a server must prove before it gets a query. `strict`: a certificate under `tls.ca` for its name or address, and one of its `pins` if it has any. `pin`: one of its `pins`, nothing else (RFC 7858 section 4.2). `opportunistic` (RFC 8310): nothing; TLS with proof where it can be had, else TLS without, so that who can put himself in between can read and change everything. Nothing is sent in the clear. `none`: nothing; TLS with whoever answers. `dotls check` and `dotls serve` warn of the last two.",
      default: "strict",
    } satisfies About)
    .optional(),
  ca: tlsFields.ca
    .meta({
      type: "`system`, `bundled`, or the path of a PEM file or of a folder",
      description:
        "The certification authorities that may vouch for upstreams. `system` stands for those of the operating system, or of the file that `SSL_CERT_FILE` names, with `NODE_EXTRA_CA_CERTS` on top; where there are none, for those that Node.js ships with. `bundled` stands for the latter. Of a folder, every file counts that holds a certificate in PEM form, but for those whose names begin with a dot. Files are read again when they change.",
      default: "system",
    } satisfies About)
    .optional(),
  cert: tlsFields.cert
    .meta({
      type: "path or `none`",
      description:
        "A PEM file with the certificate that is shown to servers which ask for one (mutual TLS), and with those between it and its authority. It is read again when it changes.",
      default: "none",
    } satisfies About)
    .optional(),
  key: tlsFields.key
    .meta({
      type: "path or `none`",
      description:
        "A PEM file with the private key of `tls.cert`, not encrypted; it may be the same file. It is read again when it changes.",
      default: "none",
    } satisfies About)
    .optional(),
  minVersion: tlsFields.minVersion
    .meta({
      type: "`TLSv1.2` or `TLSv1.3`",
      description: "The oldest version of TLS that is spoken with an upstream.",
      default: "TLSv1.2",
    } satisfies About)
    .optional(),
  maxVersion: tlsFields.maxVersion
    .meta({
      type: "`TLSv1.2` or `TLSv1.3`",
      description:
        "The newest version of TLS that is spoken with an upstream, for servers that stumble over it.",
      default: "TLSv1.3",
    } satisfies About)
    .optional(),
  ciphers: tlsFields.ciphers
    .meta({
      type: "cipher suites joined by colons, or `default`",
      description:
        "The cipher suites that are offered, in the form of OpenSSL; suites of TLS 1.3 stand among the others. A name that OpenSSL does not know is an error.",
      default: "default",
    } satisfies About)
    .optional(),
  groups: tlsFields.groups
    .meta({
      type: "groups joined by colons, or `default`",
      description: "The groups that are offered for the key exchange, as in `X25519:P-256`.",
      default: "default",
    } satisfies About)
    .optional(),
  alpn: tlsFields.alpn
    .meta({
      type: "list of protocols, or `off`",
      description:
        "What is offered by ALPN to servers of DNS over TLS. A server that refuses it is asked once more without.",
      default: ["dot"],
    } satisfies About)
    .optional(),
  sni: tlsFields.sni
    .meta({
      type: "`true` or `false`",
      description:
        "Whether the name of the server is sent at the beginning of the handshake, where others can read it. Servers that have several names, one for each account say, need it.",
      default: true,
    } satisfies About)
    .optional(),
  keyLog: tlsFields.keyLog
    .meta({
      type: "path or `none`",
      description:
        "A file that the secrets of every connection are appended to, for Wireshark and the like. Whoever has the file can read the queries: `dotls check` and `dotls serve` warn of it.",
      default: "none",
    } satisfies About)
    .optional(),
  prewarm: onOrOff
    .meta({
      type: "`true` or `false`",
      description:
        "Whether a connection is opened before there is a query for it: at the start, and again when a server closed it.",
      default: false,
    } satisfies About)
    .optional(),
});
