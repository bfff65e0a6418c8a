import type { OptionCodec } from "./option.ts";
import { hexadecimal } from "./option.ts";

/** How long the client's part of a cookie is (RFC 7873 section 4). */
export const CLIENT_COOKIE_LENGTH = 8;

/** Which server parts are legal: none, or 8 to 32 bytes (RFC 7873 section 4). */
const [MIN_SERVER_COOKIE, MAX_SERVER_COOKIE] = [8, 32];

/** Cookies (RFC 7873): a token of the client, and after it one of the server. */
export const cookie: OptionCodec<{ readonly client: Uint8Array; readonly server: Uint8Array }> = {
  code: 10,
  name: "COOKIE",
  label: "COOKIE",
  decode(data) {
    const server = data.subarray(CLIENT_COOKIE_LENGTH);
    if (data.length < CLIENT_COOKIE_LENGTH || server.length > MAX_SERVER_COOKIE) return null;
    if (server.length > 0 && server.length < MIN_SERVER_COOKIE) return null;
    return { client: data.subarray(0, CLIENT_COOKIE_LENGTH), server };
  },
  encode: ({ client, server }) => Buffer.concat([client, server]),
  text: ({ client, server }) => ` ${hexadecimal(client)}${hexadecimal(server)}`,
  describe: ({ client, server }) => ({ client: hexadecimal(client), server: hexadecimal(server) }),
};

/**
 * What a reply's cookie says about the one that was sent, in dig's words: `good` (ours, with a server part), `echoed`
 * (ours alone: the server does not speak cookies and copied it), `bad` (not ours). `sent` is the option's data.
 */
export function judgeCookie(sent: Uint8Array, received: Uint8Array): "good" | "echoed" | "bad" {
  const ours =
    sent.length >= CLIENT_COOKIE_LENGTH &&
    received.length >= CLIENT_COOKIE_LENGTH &&
    Buffer.compare(sent.subarray(0, CLIENT_COOKIE_LENGTH), received.subarray(0, CLIENT_COOKIE_LENGTH)) === 0;
  if (!ours) return "bad";
  return received.length >= CLIENT_COOKIE_LENGTH + MIN_SERVER_COOKIE ? "good" : "echoed";
}
