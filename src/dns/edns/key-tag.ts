import { readU16, writeU16 } from "../header.ts";
import type { OptionCodec } from "./option.ts";

/** The tags of the keys that a validator trusts (RFC 8145 section 4). */
export const keyTag: OptionCodec<{ readonly tags: readonly number[] }> = {
  code: 14,
  name: "KEY-TAG",
  label: "KEY-TAG",
  decode(data) {
    if (data.length === 0 || data.length % 2 !== 0) return null;
    return { tags: Array.from({ length: data.length / 2 }, (_, index) => readU16(data, 2 * index)) };
  },
  encode({ tags }) {
    const data = new Uint8Array(2 * tags.length);
    tags.forEach((tag, index) => writeU16(data, 2 * index, tag));
    return data;
  },
  text: ({ tags }) => ` ${tags.join(", ")}`,
  describe: ({ tags }) => ({ tags }),
};
