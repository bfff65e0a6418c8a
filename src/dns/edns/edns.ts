import { readU16, writeU16 } from "../header.ts";
import { WireError } from "../text-errors.ts";
import type { EdnsOption } from "./option.ts";

/** The flags of an OPT record that have a name (RFC 3225; RFC 9824 for CO). */
export const EdnsFlag = { DO: 0x8000, CO: 0x4000 } as const;

/** What the OPT record of a message says (RFC 6891 section 6.1). */
export interface Edns {
  /** What the sender can receive over UDP, in bytes. */
  readonly udpSize: number;
  /** The upper eight bits of the response code. */
  readonly extendedRcode: number;
  readonly version: number;
  /** All sixteen flag bits; `EdnsFlag` has the masks. */
  readonly flags: number;
  readonly options: readonly EdnsOption[];
}

/**
 * Reads an OPT record from its class, TTL and RDATA (RFC 6891 section 6.1.3).
 * Throws WireError when an option reaches over the end of the RDATA.
 */
export function decodeEdns(udpSize: number, ttl: number, rdata: Uint8Array): Edns {
  const options: EdnsOption[] = [];
  let at = 0;
  while (at < rdata.length) {
    if (at + 4 > rdata.length) throw new WireError("an EDNS option is cut short");
    const end = at + 4 + readU16(rdata, at + 2);
    if (end > rdata.length) throw new WireError("an EDNS option reaches over the end of its record");
    options.push({ code: readU16(rdata, at), data: rdata.slice(at + 4, end) });
    at = end;
  }
  return { udpSize, extendedRcode: ttl >>> 24, version: (ttl >>> 16) & 0xff, flags: ttl & 0xffff, options };
}

/** The TTL field of an OPT record: the extended response code, the version and the flags. */
export function ednsTtl({ extendedRcode, version, flags }: Edns): number {
  return ((extendedRcode << 24) | (version << 16) | flags) >>> 0;
}

/** The RDATA of an OPT record: its options, one after the other. Throws WireError when an option is too long. */
export function ednsRdata({ options }: Edns): Uint8Array {
  const rdata = new Uint8Array(options.reduce((total, { data }) => total + 4 + data.length, 0));
  if (rdata.length > 0xffff) throw new WireError("the EDNS options take more than 65535 bytes");
  let at = 0;
  for (const { code, data } of options) {
    writeU16(rdata, at, code);
    writeU16(rdata, at + 2, data.length);
    rdata.set(data, at + 4);
    at += 4 + data.length;
  }
  return rdata;
}
