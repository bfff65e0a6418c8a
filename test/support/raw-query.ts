import { Flag, writeU16 } from "../../src/dns/header.ts";
import { RrType } from "../../src/dns/rrtype.ts";

/** An EDNS option of a query. */
export interface RawOption {
  readonly code: number;
  readonly data?: Uint8Array;
}

/** An OPT record; every part of it can be wrong. */
export interface RawOpt {
  readonly udpSize?: number;
  readonly version?: number;
  readonly dnssecOk?: boolean;
  /** The other fifteen flag bits. */
  readonly z?: number;
  readonly options?: readonly RawOption[];
  /** RDATA in place of the options. */
  readonly rdata?: Uint8Array;
  /** Owner in wire form; the root unless given. */
  readonly owner?: Uint8Array;
}

/** A message of which each field can be set, right or wrong. Without any: RD, one question `example.test. IN A`, no OPT. */
export interface RawQuery {
  readonly id?: number;
  readonly flags?: number;
  /** Text without escapes, or wire form. */
  readonly name?: string | Uint8Array;
  readonly type?: number;
  readonly class?: number;
  /** Further questions, ready made. */
  readonly questions?: readonly Uint8Array[];
  readonly opt?: RawOpt;
  /** Records of the three sections, ready made; OPT comes behind them. */
  readonly answers?: readonly Uint8Array[];
  readonly authorities?: readonly Uint8Array[];
  readonly additionals?: readonly Uint8Array[];
  /** QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT, where they are to lie. */
  readonly counts?: readonly [number?, number?, number?, number?];
}

/** The wire form of a name without escapes. */
export function wireName(text: string): Buffer {
  const labels = text.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, "latin1")])),
    Buffer.of(0),
  ]);
}

/** A question in wire form. */
export function rawQuestion(name: string | Uint8Array, type: number = RrType.A, qclass: number = 1): Buffer {
  const wire = typeof name === "string" ? wireName(name) : name;
  return Buffer.concat([wire, Buffer.of(type >> 8, type, qclass >> 8, qclass)]);
}

/** A record in wire form; `owner` may hold pointers. */
export function rawRecord(
  owner: Uint8Array,
  type: number,
  rdata: Uint8Array,
  ttl: number = 300,
  rrclass: number = 1,
): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(rrclass, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(rdata.length, 8);
  return Buffer.concat([owner, fixed, rdata]);
}

/** EDNS options in wire form. */
function rawOptions(options: readonly RawOption[]): Buffer {
  return Buffer.concat(
    options.map(({ code, data = new Uint8Array(0) }) =>
      Buffer.concat([Buffer.of(code >> 8, code, data.length >> 8, data.length), data]),
    ),
  );
}

/** An OPT record in wire form. */
export function rawOpt(opt: RawOpt = {}): Buffer {
  const { udpSize = 1232, version = 0, dnssecOk = false, z = 0, options = [] } = opt;
  const ttl = (version << 16) | (dnssecOk ? 0x8000 : 0) | z;
  const { owner = new Uint8Array(1), rdata = rawOptions(options) } = opt;
  return rawRecord(owner, RrType.OPT, rdata, ttl >>> 0, udpSize);
}

/** A compression pointer. */
export function pointer(target: number): Buffer {
  return Buffer.of(0xc0 | (target >> 8), target);
}

/** The message that `query` describes. */
export function rawQuery(query: RawQuery = {}): Buffer {
  const { id = 0x1234, flags = Flag.RD, name = "example.test", counts = [] } = query;
  const questions = [rawQuestion(name, query.type, query.class), ...(query.questions ?? [])];
  const { answers = [], authorities = [] } = query;
  const additionals = [...(query.additionals ?? []), ...(query.opt === undefined ? [] : [rawOpt(query.opt)])];
  const header = Buffer.alloc(12);
  writeU16(header, 0, id);
  writeU16(header, 2, flags);
  for (const [i, section] of [questions, answers, authorities, additionals].entries()) {
    writeU16(header, 4 + 2 * i, counts[i] ?? section.length);
  }
  return Buffer.concat([header, ...questions, ...answers, ...authorities, ...additionals]);
}
