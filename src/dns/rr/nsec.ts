import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { typeBitmap } from "./type-fields.ts";

interface Nsec {
  next: string;
  types: string[];
}

/** NSEC (RFC 4034 section 4.1): the next owner name, never compressed, and a type bit map. */
export const nsec: Codec<Nsec> = record({
  next: name,
  types: typeBitmap,
});
