import { createHash, randomBytes, webcrypto } from "node:crypto";
import type * as X509 from "@peculiar/x509";
import type { X509Certificate } from "@peculiar/x509";

/** A certificate authority that lives in memory: nothing is written, nothing is trusted beyond who takes its `ca`. */
export interface Authority {
  /** The root certificate, PEM: what a client puts among its trust anchors. */
  readonly ca: string;
  /** The pin of the certificate that signs the leaves: the intermediate when there is one, else the root. */
  readonly pin: string;
  /** Makes a key and a server certificate for it. */
  issue(request: IssueRequest): Promise<Identity>;
}

export interface AuthorityOptions {
  /** Common name of the root. */
  readonly name?: string;
  /** False: the root signs leaves itself. True (default): root, intermediate, leaf, as out there. */
  readonly intermediate?: boolean;
}

export interface IssueRequest {
  /** DNS names for the subjectAltName. */
  readonly names?: readonly string[];
  /** IP addresses for the subjectAltName. */
  readonly addresses?: readonly string[];
  /** Default: the first name or address. Clients must not match it (RFC 6125 section 6.4.4). */
  readonly commonName?: string;
  /** Default: an hour ago, so that clocks that differ a little do not matter. */
  readonly notBefore?: Date;
  /** Default: 90 days from now. */
  readonly notAfter?: Date;
  /** True: signed with its own key, not by this authority. */
  readonly selfSigned?: boolean;
}

/** What a TLS server needs to show who it is. */
export interface Identity {
  /** The leaf certificate alone, PEM. */
  readonly cert: string;
  /** Leaf and intermediate, PEM: what a server sends. */
  readonly chain: string;
  /** The private key, PKCS #8 PEM. */
  readonly key: string;
  /** Base64 of SHA-256 over the leaf's SubjectPublicKeyInfo (RFC 7858 section 4.2). */
  readonly pin: string;
}

const HOUR = 3_600_000;
const LIFETIME = 90 * 24 * HOUR;
const KEY = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** A certificate that can sign others. */
interface Signer {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/**
 * Makes a root key and certificate (EC P-256), an intermediate unless told otherwise, and gives the authority that
 * issues server certificates under them.
 */
export async function createAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  const x509 = await load();
  const rootName = options.name ?? "dotls authority";
  const root = await signer(rootName, null);
  const issuer = options.intermediate === false ? root : await signer(`${rootName}, intermediate`, root);

  async function signer(commonName: string, parent: Signer | null): Promise<Signer> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: [{ CN: [commonName] }],
      issuer: parent?.certificate.subject ?? [{ CN: [commonName] }],
      notBefore: new Date(Date.now() - HOUR),
      notAfter: new Date(Date.now() + LIFETIME),
      publicKey: keys.publicKey,
      signingKey: (parent?.keys ?? keys).privateKey,
      signingAlgorithm: SIGNATURE,
      extensions: [
        // The root may have one authority below it, the intermediate none (RFC 5280 section 4.2.1.9).
        new x509.BasicConstraintsExtension(true, parent === null ? 1 : 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create((parent?.keys ?? keys).publicKey),
      ],
    });
    return { certificate, keys };
  }

  async function issue(request: IssueRequest): Promise<Identity> {
    const { names = [], addresses = [], selfSigned = false } = request;
    const keys = await newKeys();
    const subject = [{ CN: [request.commonName ?? names[0] ?? addresses[0] ?? "nobody"] }];
    const alternatives = [
      ...names.map((value) => ({ type: "dns" as const, value })),
      ...addresses.map((value) => ({ type: "ip" as const, value })),
    ];
    const signingKeys = selfSigned ? keys : issuer.keys;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject,
      issuer: selfSigned ? subject : issuer.certificate.subject,
      notBefore: request.notBefore ?? new Date(Date.now() - HOUR),
      notAfter: request.notAfter ?? new Date(Date.now() + LIFETIME),
      publicKey: keys.publicKey,
      signingKey: signingKeys.privateKey,
      signingAlgorithm: SIGNATURE,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(signingKeys.publicKey),
        // An empty subjectAltName is not allowed (RFC 5280 section 4.2.1.6).
        ...(alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : []),
      ],
    });
    const cert = pem(certificate);
    const sendsIntermediate = !selfSigned && issuer !== root;
    return {
      cert,
      chain: sendsIntermediate ? cert + pem(issuer.certificate) : cert,
      key: await privateKeyPem(keys.privateKey),
      pin: pinOf(certificate),
    };
  }

  return { ca: pem(root.certificate), pin: pinOf(issuer.certificate), issue };
}

/** The library decorates its classes through Reflect.metadata, which must exist before its first line runs. */
async function load(): Promise<typeof X509> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
}

/** A positive serial number of 16 bytes (RFC 5280 section 4.1.2.2). */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem").trim()}\n`;
}

function pinOf(certificate: X509Certificate): string {
  return createHash("sha256").update(new Uint8Array(certificate.publicKey.rawData)).digest("base64");
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}
