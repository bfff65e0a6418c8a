import { numbered } from "./rrtype.ts";

/** Classes by mnemonic (RFC 1035 section 3.2.4, RFC 2136 for NONE). */
export const RrClass = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

const codeByName = new Map<string, number>(Object.entries(RrClass));
const nameByCode = new Map<number, string>(Object.entries(RrClass).map(([name, code]) => [code, name]));

/** The mnemonic of a class code, `CLASS12345` for one that has none (RFC 3597 section 5). */
export function className(code: number): string {
  return nameByCode.get(code) ?? `CLASS${code}`;
}

/** The code of a mnemonic or `CLASS12345`, in any case; undefined when it is neither. */
export function classCode(text: string): number | undefined {
  const upper = text.toUpperCase();
  return codeByName.get(upper) ?? numbered(upper, "CLASS");
}
