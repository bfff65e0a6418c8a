import { Flag, readU32, writeU32 } from "../../../src/dns/header.ts";
import { type DecodedMessage, encodeMessage, type ResourceRecord } from "../../../src/dns/message.ts";
import { parseName } from "../../../src/dns/name.ts";
import { RrType } from "../../../src/dns/rrtype.ts";
import type { ScriptedQuery } from "../scripted-upstream/query.ts";
import { CHECKED_ZONE, type CheckedQuestion, partsOf } from "./question.ts";

/** What stands in the sections of a right answer. */
export interface CheckedSections {
  readonly rcode: number;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
}

const NXDOMAIN = 3;
const zone = parseName(`${CHECKED_ZONE}.`);

/**
 * The one right answer to a question, given by the upstream at the moment `birth`, in milliseconds of a clock that both sides
 * share: all of its data follows from the name and from the flags DO and CD, and its first data is the moment, so that an answer
 * tells how old it is.
 */
export function sectionsOf(question: CheckedQuestion, birth: number): CheckedSections {
  const parts = partsOf(question.name);
  if (parts === null) throw new Error(`"${question.name}" says nothing about its answer`);
  const { kind, ttl } = parts;
  const name = parseName(`${question.name}.`);
  const made = (type: number, rdata: Uint8Array, owner = name, life = ttl): ResourceRecord => ({
    name: owner,
    type,
    class: 1,
    ttl: life,
    rdata,
  });
  const value = valuesOf(question);
  const more = 1 + (value(99) % 4);
  const several = (type: number, words: number): ResourceRecord[] =>
    Array.from({ length: more }, (_, index) =>
      made(type, wordsOf(...Array.from({ length: words }, (_, word) => value(index * words + word)))),
    );
  const first = (type: number, words: number): ResourceRecord =>
    made(type, wordsOf(birth, ...Array.from({ length: words - 1 }, (_, word) => value(50 + word))));
  const soa = made(
    RrType.SOA,
    Buffer.concat([zone, zone, wordsOf(birth, value(0), value(1), value(2), ttl)]),
    zone,
  );
  if (kind === "nodata") return { rcode: 0, answers: [], authorities: [soa] };
  if (kind === "nxdomain") return { rcode: NXDOMAIN, answers: [], authorities: [soa] };
  if (kind === "address") return positive([first(RrType.A, 1), ...several(RrType.A, 1)]);
  if (kind === "addresses") return positive([first(RrType.AAAA, 4), ...several(RrType.AAAA, 4)]);
  if (kind === "text") {
    const text = Buffer.from(value(3).toString(16).padStart(8, "0").repeat(25), "latin1");
    const strings = Array.from({ length: more }, () => Buffer.concat([Buffer.of(text.length), text]));
    return positive([made(RrType.TXT, Buffer.concat([Buffer.of(4), wordsOf(birth), ...strings]))]);
  }
  // What the alias points to has another TTL: each counts down by itself.
  const target = parseName(`target.${question.name.toLowerCase()}.`);
  const address = (word: number): ResourceRecord => made(RrType.A, wordsOf(word), target, ttl + 7);
  return positive([made(RrType.CNAME, target), address(birth), address(value(0))]);
}

function positive(answers: readonly ResourceRecord[]): CheckedSections {
  return { rcode: 0, answers, authorities: [] };
}

/** When an answer says that it was given; null when it has no data. */
export function birthOf({ answers, authorities }: DecodedMessage): number | null {
  const record = [...answers, ...authorities].find(({ type }) => type !== RrType.CNAME);
  if (record === undefined) return null;
  const at = record.type === RrType.SOA ? 2 * zone.length : record.type === RrType.TXT ? 1 : 0;
  return record.rdata.length < at + 4 ? null : readU32(record.rdata, at);
}

/** What the upstream answers at the moment `birth`; undefined for other names. */
export function checkedAnswer(query: ScriptedQuery, birth: number): Uint8Array | undefined {
  const { name, type, opt, flags } = query;
  if (partsOf(name) === null) return undefined;
  const question = {
    name,
    type,
    dnssecOk: opt?.dnssecOk === true,
    checkingDisabled: (flags & Flag.CD) !== 0,
  };
  const { rcode, answers, authorities } = sectionsOf(question, birth);
  return encodeMessage({
    id: query.id,
    flags: Flag.QR | Flag.RA | (flags & (Flag.RD | Flag.CD)) | rcode,
    questions: [{ name: parseName(`${name}.`), type, class: 1 }],
    answers,
    authorities,
    additionals: [],
    edns:
      opt === null
        ? null
        : { udpSize: 1232, extendedRcode: 0, version: 0, flags: opt.dnssecOk ? 0x8000 : 0, options: [] },
  });
}

/** Numbers that only this question has: FNV-1a of the name, its flags, and which one is wanted. */
function valuesOf({ name, dnssecOk, checkingDisabled }: CheckedQuestion): (index: number) => number {
  const text = `${name.toLowerCase()} ${dnssecOk} ${checkingDisabled} `;
  return (index) => {
    let hash = 0x811c9dc5;
    for (const character of text + index) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    return hash >>> 0;
  };
}

function wordsOf(...words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  for (const [index, word] of words.entries()) writeU32(bytes, index * 4, word);
  return bytes;
}
