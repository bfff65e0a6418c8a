import { PresentationError, placed } from "../text-errors.ts";
import type { Token } from "../tokens.ts";
import { fromHex } from "./binary-text.ts";
import { parseInteger } from "./number-fields.ts";
import type { RdataText } from "./rdata-text.ts";

/** Whether the data of a record is written in the form for any type, which begins with `\#` (RFC 3597 section 5). */
export function isGeneric(tokens: readonly Token[]): boolean {
  const first = tokens[0];
  return first !== undefined && !first.quoted && first.text === "\\#";
}

/** The bytes of `\# LENGTH HEX` (RFC 3597 section 5). The digits may be split at will. Throws PresentationError. */
export function parseGeneric(text: RdataText): Uint8Array {
  const mark = text.next("\\#");
  const length = text.word("a length", (word) => parseInteger(word, 0xffff));
  const bytes = text.rest("hexadecimal data", fromHex);
  return placed(mark, () => {
    if (bytes.length !== length)
      throw new PresentationError(`there are ${bytes.length} bytes and not ${length}`);
    return bytes;
  });
}
