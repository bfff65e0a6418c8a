import { Rcode, rcodeCode } from "../dns/rcode.ts";

/**
 * Reads a response code after which another server is asked: its mnemonic or its number. NOERROR and NXDOMAIN are
 * answers: to ask elsewhere until one is liked better would let any server overrule the others.
 *
 * @throws RangeError
 */
export function parseRetryRcode(value: string | number): number {
  const text = String(value);
  const code = /^\d+$/.test(text) ? Number(text) : rcodeCode(text);
  if (code === undefined || code > 4095) {
    throw new RangeError(`"${text}" is not a response code; write it as SERVFAIL`);
  }
  if (code === Rcode.NOERROR || code === Rcode.NXDOMAIN) {
    throw new RangeError(`${text} is an answer, and no other server is asked after an answer`);
  }
  return code;
}
