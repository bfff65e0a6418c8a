import { readU32 } from "../header.ts";
import type { OptionCodec } from "./option.ts";
import { hexadecimal } from "./option.ts";

/** The one registered type of a zone's version: the serial of its SOA record (RFC 9660 section 7.2). */
const SOA_SERIAL = 0;

/** A zone's version (RFC 9660 section 2); null in a query, which has no data. */
export interface ZoneVersion {
  /** How many labels of the question's name, from its right end, are the zone's name. */
  readonly labelCount: number;
  readonly type: number;
  readonly version: Uint8Array;
}

/** Zone version (RFC 9660). */
export const zoneVersion: OptionCodec<{ readonly answer: ZoneVersion | null }> = {
  code: 19,
  name: "ZONEVERSION",
  label: null,
  decode(data) {
    if (data.length === 0) return { answer: null };
    if (data.length < 2) return null;
    return { answer: { labelCount: data[0]!, type: data[1]!, version: data.subarray(2) } };
  },
  encode({ answer }) {
    if (answer === null) return new Uint8Array(0);
    return Uint8Array.of(answer.labelCount, answer.type, ...answer.version);
  },
  text: () => null,
  describe({ answer }) {
    if (answer === null) return {};
    const { labelCount, type, version } = answer;
    const serial = type === SOA_SERIAL && version.length === 4 ? { serial: readU32(version, 0) } : {};
    return { labelCount, type, version: hexadecimal(version), ...serial };
  },
};
