import { extendedError } from "../../dns/edns/extended-error-option.ts";
import type { Message, ResourceRecord } from "../../dns/message.ts";
import { messageRcode } from "../../dns/message.ts";
import { formatName } from "../../dns/name.ts";
import { rcodeName } from "../../dns/rcode.ts";
import { formatRdata } from "../../dns/rr/registry.ts";
import { className } from "../../dns/rrclass.ts";
import { RrType, typeName } from "../../dns/rrtype.ts";
import { headerFlags } from "../../dns/header-flags.ts";

/** A record without its TTL, and which of the servers gave it, by their place from 0. */
export interface SharedRecord {
  readonly name: string;
  readonly class: string;
  readonly type: string;
  readonly data: string;
  readonly from: readonly number[];
}

/** What can differ between answers. */
export type Aspect = "status" | "flags" | "extendedErrors" | "answers" | "authorities" | "additionals";

/** Several answers to one question held against each other. */
export interface Comparison {
  /** What is not the same from all servers that answered. */
  readonly differs: readonly Aspect[];
  /** Per server; null: it did not answer. */
  readonly heads: readonly (Head | null)[];
  readonly answers: readonly SharedRecord[];
  readonly authorities: readonly SharedRecord[];
  readonly additionals: readonly SharedRecord[];
}

interface Head {
  readonly status: string;
  readonly flags: readonly string[];
  /** Extended errors (RFC 8914) as dig prints them. */
  readonly extendedErrors: readonly string[];
}

/** Types whose data is names, and numbers at the most. */
const ofNames: ReadonlySet<number> = new Set([
  RrType.NS,
  RrType.CNAME,
  RrType.SOA,
  RrType.PTR,
  RrType.MX,
  RrType.SRV,
  RrType.DNAME,
]);

const sections = ["answers", "authorities", "additionals"] as const;

/**
 * Compares messages: sections as sets, TTLs left aside, names by RFC 4343 whatever their case. Null stands for a server
 * that did not answer; it differs from nobody.
 */
export function compareMessages(messages: readonly (Message | null)[]): Comparison {
  const heads = messages.map((message) => (message === null ? null : headOf(message)));
  const there = messages.flatMap((message, at) => (message === null ? [] : [at]));
  const union = (section: (typeof sections)[number]): SharedRecord[] =>
    shared(messages.map((message) => message?.[section] ?? []));
  const all = {
    answers: union("answers"),
    authorities: union("authorities"),
    additionals: union("additionals"),
  };
  const present = heads.filter((head) => head !== null);
  const headDiffers = (["status", "flags", "extendedErrors"] as const).filter(
    (key) => new Set(present.map((head) => String(head[key]))).size > 1,
  );
  const setsDiffer = sections.filter((section) =>
    all[section].some(({ from }) => from.length < there.length),
  );
  return { differs: [...headDiffers, ...setsDiffer], heads, ...all };
}

function headOf(message: Message): Head {
  const errors = (message.edns?.options ?? []).flatMap(({ code, data }) => {
    const value = code === extendedError.code ? extendedError.decode(data) : null;
    return value === null ? [] : [(extendedError.text(value) ?? "").trim()];
  });
  return {
    status: rcodeName(messageRcode(message)),
    flags: headerFlags(message.flags),
    extendedErrors: errors.sort(),
  };
}

/** The union of the sets, in the order of name, type and data. */
function shared(sets: readonly (readonly ResourceRecord[])[]): SharedRecord[] {
  const found = new Map<string, { record: Omit<SharedRecord, "from">; from: number[] }>();
  for (const [at, records] of sets.entries()) {
    for (const record of records) {
      const shown = textsOf(record);
      const key = JSON.stringify(shown);
      const known = found.get(key) ?? { record: shown, from: [] };
      if (!known.from.includes(at)) known.from.push(at);
      found.set(key, known);
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { record, from }]) => Object.assign({}, record, { from }));
}

function textsOf({ name, type, class: rrclass, rdata }: ResourceRecord): Omit<SharedRecord, "from"> {
  const data = formatRdata(type, rdata, rrclass);
  return {
    name: formatName(name).toLowerCase(),
    type: typeName(type),
    class: className(rrclass),
    // Servers may copy names from the question or from each other to compress them, and with them their case.
    data: ofNames.has(type) ? data.toLowerCase() : data,
  };
}
