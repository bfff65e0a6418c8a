import { readU16, writeU16 } from "../header.ts";
import type { OptionCodec } from "./option.ts";

/** How long a connection may stay idle (RFC 7828), in units of 100 milliseconds: none in a query. */
export const keepalive: OptionCodec<{ readonly timeout: number | null }> = {
  code: 11,
  name: "KEEPALIVE",
  label: "TCP KEEPALIVE",
  decode(data) {
    if (data.length === 0) return { timeout: null };
    return data.length === 2 ? { timeout: readU16(data, 0) } : null;
  },
  encode({ timeout }) {
    if (timeout === null) return new Uint8Array(0);
    const data = new Uint8Array(2);
    writeU16(data, 0, timeout);
    return data;
  },
  text: ({ timeout }) => (timeout === null ? "" : ` ${Math.floor(timeout / 10)}.${timeout % 10} secs`),
  describe: ({ timeout }) => ({ seconds: timeout === null ? null : timeout / 10 }),
};
