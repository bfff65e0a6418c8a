import { formatName, readName } from "../name.ts";
import { WireError } from "../text-errors.ts";
import type { OptionCodec } from "./option.ts";

/** Chain query (RFC 7901): the closest trust point that the asker already has, a name in wire form. */
export const chain: OptionCodec<{ readonly trustPoint: Uint8Array }> = {
  code: 13,
  name: "CHAIN",
  label: null,
  decode(data) {
    try {
      const { name, end } = readName(data, 0);
      // Other lengths: a compressed name, which has no place here, or bytes after the name.
      return end === data.length && name.length === data.length ? { trustPoint: name } : null;
    } catch (error) {
      if (error instanceof WireError) return null;
      throw error;
    }
  },
  encode: ({ trustPoint }) => trustPoint,
  text: () => null,
  describe: ({ trustPoint }) => ({ trustPoint: formatName(trustPoint) }),
};
