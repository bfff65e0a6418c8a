import { isUtf8 } from "node:buffer";
import { readU16, writeU16 } from "../header.ts";
import { extendedErrorName } from "./extended-error.ts";
import type { OptionCodec } from "./option.ts";
import { hexPairs, printable } from "./option.ts";

/** Why an answer is what it is (RFC 8914 section 2): a code, and words that should be UTF-8. */
export const extendedError: OptionCodec<{ readonly infoCode: number; readonly extraText: Uint8Array }> = {
  code: 15,
  name: "EDE",
  label: "EDE",
  decode: (data) => (data.length < 2 ? null : { infoCode: readU16(data, 0), extraText: data.subarray(2) }),
  encode({ infoCode, extraText }) {
    const data = new Uint8Array(2 + extraText.length);
    writeU16(data, 0, infoCode);
    data.set(extraText, 2);
    return data;
  },
  text({ infoCode, extraText }) {
    const name = extendedErrorName(infoCode);
    const head = ` ${infoCode}${name === null ? "" : ` (${name})`}`;
    return extraText.length === 0 ? head : `${head}:${extraWords(extraText)}`;
  },
  describe({ infoCode, extraText }) {
    return {
      code: infoCode,
      name: extendedErrorName(infoCode),
      text: Buffer.from(extraText).toString("utf8"),
    };
  },
};

function extraWords(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) return `${hexPairs(bytes)}(${printable(bytes)})`;
  // A server's words must not steer the terminal: control characters become dots.
  const words = Array.from(Buffer.from(bytes).toString("utf8"), (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ? "." : character;
  });
  return ` (${words.join("")})`;
}
