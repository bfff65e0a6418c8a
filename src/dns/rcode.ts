/** Response codes by mnemonic, extended ones included (RFC 1035, 2136, 6891 section 9, 7873). */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
} as const;

const codeByName = new Map<string, number>(Object.entries(Rcode));
const nameByCode = new Map<number, string>(Object.entries(Rcode).map(([name, code]) => [code, name]));

/** The mnemonic of a response code; `RESERVED11` or so, as dig prints it, for one that has none. */
export function rcodeName(code: number): string {
  return nameByCode.get(code) ?? `RESERVED${code}`;
}

/** The code of a mnemonic, in any case; undefined when there is none. */
export function rcodeCode(text: string): number | undefined {
  return codeByName.get(text.toUpperCase());
}
