import { readU32, writeU32 } from "../header.ts";
import { ttlWords } from "../ttl.ts";
import type { OptionCodec } from "./option.ts";

/** The seconds until a secondary server lets go of a zone (RFC 7314): none in a query. */
export const expire: OptionCodec<{ readonly seconds: number | null }> = {
  code: 9,
  name: "EXPIRE",
  label: "EXPIRE",
  decode(data) {
    if (data.length === 0) return { seconds: null };
    return data.length === 4 ? { seconds: readU32(data, 0) } : null;
  },
  encode({ seconds }) {
    if (seconds === null) return new Uint8Array(0);
    const data = new Uint8Array(4);
    writeU32(data, 0, seconds);
    return data;
  },
  text: ({ seconds }) => (seconds === null ? "" : ` ${seconds} (${ttlWords(seconds)})`),
  describe: ({ seconds }) => ({ seconds }),
};
