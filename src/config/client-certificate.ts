import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFault } from "./read-fault.ts";

/** Which of the two files is at fault, and why. */
interface ClientFault {
  readonly at: "cert" | "key";
  readonly message: string;
}

/** Says why two PEM files cannot serve as a client certificate and its key; null when they can. */
export function faultOfClientCertificate(cert: string, key: string): ClientFault | null {
  const certText = readText(cert);
  if (certText.fault !== null) return { at: "cert", message: certText.fault };
  const keyText = readText(key);
  if (keyText.fault !== null) return { at: "key", message: keyText.fault };
  let certificate: X509Certificate;
  try {
    // The first certificate of the file is that of the client; those behind it lead to its authority.
    certificate = new X509Certificate(certText.text);
  } catch {
    return { at: "cert", message: `${cert} holds no certificate in PEM form` };
  }
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(keyText.text)) {
    return { at: "key", message: `${key}: the key is encrypted, and nobody is there to type its password` };
  }
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(keyText.text);
  } catch {
    return { at: "key", message: `${key} holds no private key in PEM form` };
  }
  if (certificate.checkPrivateKey(privateKey)) return null;
  return { at: "key", message: `${key} is not the key of the certificate in ${cert}` };
}

function readText(path: string): { text: string; fault: null } | { text: ""; fault: string } {
  try {
    return { text: readFileSync(path, "utf8"), fault: null };
  } catch (error) {
    return { text: "", fault: `${path}: ${readFault(error)}` };
  }
}
