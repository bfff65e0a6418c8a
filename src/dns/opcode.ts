/** Operation codes (RFC 1035 section 4.1.1, RFC 1996, 2136, 8490). */
export const Opcode = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const;

const nameByCode = new Map<number, string>(Object.entries(Opcode).map(([name, code]) => [code, name]));

/** The mnemonic of an operation code; `RESERVED7` or so, as dig prints it, for one that has none. */
export function opcodeName(code: number): string {
  return nameByCode.get(code) ?? `RESERVED${code}`;
}
