import type { OptionCodec } from "./option.ts";
import { dumpBytes, hexadecimal, printable } from "./option.ts";

/** Name server identifier (RFC 5001): empty in a query, any bytes in a reply, often readable ones. */
export const nsid: OptionCodec<{ readonly id: Uint8Array }> = {
  code: 3,
  name: "NSID",
  label: "NSID",
  decode: (data) => ({ id: data }),
  encode: ({ id }) => id,
  text: ({ id }) => dumpBytes(id),
  describe: ({ id }) => ({ id: hexadecimal(id), text: printable(id) }),
};
