import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The files of a server's identity, all PEM, and the one authority that signed it. */
export interface Identity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The name in the certificate. */
  readonly name: string;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes an authority and a certificate for `name` (and 127.0.0.1) in `folder`, with the openssl program. */
export function createIdentity(folder: string, name: string): Identity {
  const file = (base: string): string => join(folder, base);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const ca = file("ca.pem");
  const cert = file("cert.pem");
  const key = file("key.pem");
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=peers CA",
  );
  openssl("req", ...newKey, "-keyout", "key.pem", "-out", "request.pem", "-subj", `/CN=${name}`);
  writeFileSync(file("extensions"), `subjectAltName=DNS:${name},IP:127.0.0.1\nextendedKeyUsage=serverAuth\n`);
  const signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
  const leaf = ["-out", "leaf.pem", "-days", "2", "-extfile", "extensions"];
  openssl("x509", "-req", "-in", "request.pem", ...signer, ...leaf);
  writeFileSync(cert, readFileSync(file("leaf.pem"), "utf8") + readFileSync(ca, "utf8"));
  return { ca, cert, key, name };
}
