import { HEADER_LENGTH, readU16 } from "../../../src/dns/header.ts";
import { RrType } from "../../../src/dns/rrtype.ts";

/** A query as the scripted upstream sees it. Parsed with plain byte code of its own, so that it can judge ours. */
export interface ScriptedQuery {
  /** The message without its length prefix; a copy that stays valid. */
  readonly bytes: Uint8Array;
  readonly id: number;
  readonly flags: number;
  /** As sent, case kept, labels joined by dots without a dot at the end; "." for the root. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Where the question ends. */
  readonly questionEnd: number;
  readonly opt: ScriptedOpt | null;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
  /** Number of the query on that connection, from 1. */
  readonly index: number;
}

interface ScriptedOpt {
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  /** Codes in the order sent. */
  readonly codes: readonly number[];
  /** Data of the options by code; of the last one when a code is repeated. */
  readonly options: ReadonlyMap<number, Uint8Array>;
  /** True when padding (RFC 7830) is the last option. */
  readonly paddingLast: boolean;
}

const PADDING = 12;
const ascii = new TextDecoder("latin1");

/** The query in `bytes`; null when it is not one question followed by whole records. */
export function parseQuery(bytes: Uint8Array, connection: number, index: number): ScriptedQuery | null {
  if (bytes.length < HEADER_LENGTH || readU16(bytes, 4) !== 1) return null;
  const labels: string[] = [];
  let at = HEADER_LENGTH;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63) return null;
    at += 1;
    if (length === 0) break;
    labels.push(ascii.decode(bytes.subarray(at, at + length)));
    at += length;
  }
  if (at + 4 > bytes.length) return null;
  const type = readU16(bytes, at);
  const klass = readU16(bytes, at + 2);
  const questionEnd = at + 4;
  const opt = findOpt(bytes, questionEnd);
  if (opt === undefined) return null;
  return {
    bytes,
    id: readU16(bytes, 0),
    flags: readU16(bytes, 2),
    name: labels.length === 0 ? "." : labels.join("."),
    type,
    class: klass,
    questionEnd,
    opt,
    connection,
    index,
  };
}

/** OPT among the records after the question; null when there is none, undefined when the records do not fit. */
function findOpt(bytes: Uint8Array, start: number): ScriptedOpt | null | undefined {
  let records = readU16(bytes, 6) + readU16(bytes, 8) + readU16(bytes, 10);
  let found: ScriptedOpt | null = null;
  let at = start;
  for (; records > 0; records -= 1) {
    while (bytes[at] !== undefined && bytes[at]! > 0 && bytes[at]! < 64) at += 1 + bytes[at]!;
    at += (bytes[at] ?? 0) >= 0xc0 ? 2 : 1;
    if (at + 10 > bytes.length) return undefined;
    const type = readU16(bytes, at);
    const end = at + 10 + readU16(bytes, at + 8);
    if (end > bytes.length) return undefined;
    if (type === RrType.OPT) found = readOpt(bytes, at, end);
    at = end;
  }
  return at === bytes.length ? found : undefined;
}

function readOpt(bytes: Uint8Array, at: number, end: number): ScriptedOpt {
  const codes: number[] = [];
  const options = new Map<number, Uint8Array>();
  for (let option = at + 10; option + 4 <= end; option += 4 + readU16(bytes, option + 2)) {
    const code = readU16(bytes, option);
    codes.push(code);
    options.set(code, bytes.subarray(option + 4, option + 4 + readU16(bytes, option + 2)));
  }
  return {
    udpSize: readU16(bytes, at + 2),
    version: bytes[at + 5]!,
    dnssecOk: (bytes[at + 6]! & 0x80) !== 0,
    codes,
    options,
    paddingLast: codes.at(-1) === PADDING,
  };
}
