import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { base64Rest } from "./binary-fields.ts";

interface Openpgpkey {
  /** In base64. */
  key: string;
}

/** OPENPGPKEY (RFC 7929 section 2.1): one OpenPGP transferable public key. */
export const openpgpkey: Codec<Openpgpkey> = record({
  key: base64Rest,
});
