import { PresentationError, WireError } from "../text-errors.ts";
import { fromBase64, fromHex, toBase64, toHex } from "./binary-text.ts";
import { joinText } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { u8 } from "./number-fields.ts";

interface Hip {
  algorithm: number;
  /** Host identity tag, in hexadecimal. */
  hit: string;
  /** In base64. */
  publicKey: string;
  rendezvousServers: string[];
}

/**
 * HIP (RFC 8005 section 5): length of the HIT and algorithm in one byte each, 16-bit length of the public key, the HIT,
 * the key, then the names of rendezvous servers, never compressed. The key is one token, however long.
 */
export const hip: Codec<Hip> = {
  read: (reader) => {
    const hitLength = reader.u8();
    const algorithm = reader.u8();
    const keyLength = reader.u16();
    if (hitLength === 0 || keyLength === 0) throw new WireError("a HIP record has no tag or no key");
    const hit = toHex(reader.take(hitLength));
    const publicKey = toBase64(reader.take(keyLength));
    const rendezvousServers = [];
    while (reader.remaining > 0) rendezvousServers.push(name.read(reader));
    return { algorithm, hit, publicKey, rendezvousServers };
  },
  write: (writer, { algorithm, hit, publicKey, rendezvousServers }) => {
    const [tag, key] = [fromHex(hit), fromBase64(publicKey)];
    writer.u8(tag.length);
    writer.u8(algorithm);
    writer.u16(key.length);
    writer.bytes(tag);
    writer.bytes(key);
    for (const server of rendezvousServers) name.write(writer, server);
  },
  format: ({ algorithm, hit, publicKey, rendezvousServers }) =>
    joinText([String(algorithm), hit, publicKey, ...rendezvousServers]),
  parse: (text) => {
    const algorithm = u8.parse(text);
    const hit = text.word("a host identity tag", (word) => toHex(between1And(255, fromHex(word))));
    const publicKey = text.word("a public key", (word) => toBase64(between1And(65_535, fromBase64(word))));
    const rendezvousServers = [];
    while (!text.done) rendezvousServers.push(name.parse(text));
    return { algorithm, hit, publicKey, rendezvousServers };
  },
};

function between1And(max: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length > max) {
    throw new PresentationError(`${bytes.length} bytes are not between 1 and ${max}`);
  }
  return bytes;
}
