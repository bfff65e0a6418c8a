import { readU16, writeU16 } from "./header.ts";
import { RrType } from "./rrtype.ts";

/** EDNS option codes that the packet path knows (IANA registry "DNS EDNS0 Option Codes"). */
export const EdnsOption = { CLIENT_SUBNET: 8, KEEPALIVE: 11, PADDING: 12, EXTENDED_ERROR: 15 } as const;

/** The DO bit, in the first of the two flag bytes of OPT (RFC 3225, RFC 6891 section 6.1.3). */
export const EdnsFlag = { DO_HIGH_BYTE: 0x80 } as const;

/** What every client can receive over UDP (RFC 1035 section 4.2.1; the floor of RFC 6891 section 6.2.3). */
export const MIN_UDP_SIZE = 512;

/** What we send and ask for over UDP at most: fits one unfragmented IPv6 packet (RFC 9715). */
export const MAX_UDP_SIZE = 1232;

/** Root name, type, class, TTL, RDLENGTH: an OPT record without options. */
export const OPT_LENGTH = 11;

/** Whether the options in bytes[at..end) fill it to the byte: no header or value reaches over the end. */
export function optionsAreWhole(bytes: Uint8Array, at: number, end: number): boolean {
  let here = at;
  while (here + 4 <= end) here += 4 + readU16(bytes, here + 2);
  return here === end;
}

/**
 * Writes an OPT record without options at `at` and gives the offset behind it (RFC 6891 section 6.1.2). Options are
 * written behind it by the caller, who then calls `closeOpt`.
 */
export function openOpt(out: Uint8Array, at: number, rcode: number, dnssecOk: boolean): number {
  out[at] = 0;
  writeU16(out, at + 1, RrType.OPT);
  writeU16(out, at + 3, MAX_UDP_SIZE);
  out[at + 5] = rcode >>> 4;
  out[at + 6] = 0;
  out[at + 7] = dnssecOk ? EdnsFlag.DO_HIGH_BYTE : 0;
  out[at + 8] = 0;
  writeU16(out, at + 9, 0);
  return at + OPT_LENGTH;
}

/** Sets the RDLENGTH of the OPT that starts at `at` to what stands between its header and `end`. */
export function closeOpt(out: Uint8Array, at: number, end: number): void {
  writeU16(out, at + 9, end - at - OPT_LENGTH);
}
