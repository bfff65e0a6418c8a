import { Flag } from "../../../src/dns/header.ts";
import { type DecodedMessage, messageRcode, type ResourceRecord } from "../../../src/dns/message.ts";
import { equalNames, formatName } from "../../../src/dns/name.ts";
import { RrType } from "../../../src/dns/rrtype.ts";
import { birthOf, sectionsOf } from "./answer.ts";
import type { CheckedQuestion } from "./question.ts";

/** What an answer turned out to be. */
export interface Verdict {
  /** What is wrong with it, in words; null when nothing is. */
  readonly fault: string | null;
  /** It was given before it was asked for: it comes from memory. */
  readonly kept: boolean;
  /** It is over its time and says so (RFC 8767): right, if the upstream was slow. */
  readonly stale: boolean;
}

/** The upstream's answer may have been under way so long, in seconds, on a machine that has other things to do. */
const UNDER_WAY = 2;
/** Clocks that count whole seconds may be off by one. */
const ROUNDING = 1;

const STALE_TTL = 30;
const EDE = 15;

/**
 * Judges an answer that decoded well: everything in it follows from the question, but for when the upstream gave it, which it
 * says itself. `sentAt` and `receivedAt` are when the client asked and was answered, in milliseconds of the upstream's clock.
 */
export function judge(
  question: CheckedQuestion,
  reply: DecodedMessage,
  sentAt: number,
  receivedAt: number,
): Verdict {
  const wrong = (fault: string): Verdict => ({ fault, kept: false, stale: false });
  const [asked] = reply.questions;
  const name = asked === undefined ? "" : formatName(asked.name);
  if (name !== `${question.name}.` || asked?.type !== question.type) return wrong(`it is about "${name}"`);
  if ((reply.flags & (Flag.QR | Flag.TC)) !== Flag.QR)
    return wrong(`its flags are ${reply.flags.toString(16)}`);
  const birth = birthOf(reply);
  if (birth === null) return wrong(`it has no data, and the code ${messageRcode(reply)}`);
  if (birth > receivedAt) return wrong("it comes from the future");
  const right = sectionsOf(question, birth);
  if (messageRcode(reply) !== right.rcode) return wrong(`its code is ${messageRcode(reply)}`);
  const stale = (reply.edns?.options ?? []).some(
    ({ code, data }) => code === EDE && data[0] === 0 && (data[1] === 3 || data[1] === 19),
  );
  const youngest = Math.max(0, (sentAt - birth) / 1000);
  const oldest = (receivedAt - birth) / 1000;
  const bounds = (ttl: number): readonly [number, number] =>
    stale ? [0, STALE_TTL] : [ttl - oldest - ROUNDING, ttl - Math.max(0, youngest - ROUNDING - UNDER_WAY)];
  const fault =
    differs("answer", right.answers, reply.answers, bounds) ??
    differs("authority", right.authorities, reply.authorities, bounds) ??
    (reply.additionals.length > 0 ? "it has additional records" : null);
  return { fault, kept: birth < sentAt, stale };
}

/** How the records of a section differ from the right ones, whose order they have; null when they do not. */
function differs(
  section: string,
  right: readonly ResourceRecord[],
  given: readonly ResourceRecord[],
  bounds: (ttl: number) => readonly [number, number],
): string | null {
  if (right.length !== given.length) return `${section}: ${given.length} records for ${right.length}`;
  for (const [index, wanted] of right.entries()) {
    const record = given[index]!;
    const where = `${section} ${index}`;
    if (record.type !== wanted.type || record.class !== wanted.class) return `${where}: type ${record.type}`;
    if (!equalNames(record.name, wanted.name)) return `${where}: of ${formatName(record.name)}`;
    if (!sameData(record, wanted)) return `${where}: data ${Buffer.from(record.rdata).toString("hex")}`;
    const [least, most] = bounds(wanted.ttl);
    if (record.ttl < Math.max(0, least) || record.ttl > most)
      return `${where}: TTL ${record.ttl} is not from ${least.toFixed(1)} to ${most.toFixed(1)}`;
  }
  return null;
}

/** Names in data may have the case of the question, to which they point. */
function sameData(record: ResourceRecord, wanted: ResourceRecord): boolean {
  if (record.type === RrType.CNAME) return equalNames(record.rdata, wanted.rdata);
  const end = record.type === RrType.SOA ? wanted.rdata.length - 20 : 0;
  const names = (data: Uint8Array): string =>
    Buffer.from(data.subarray(0, end)).toString("latin1").toLowerCase();
  return (
    names(record.rdata) === names(wanted.rdata) &&
    Buffer.compare(record.rdata.subarray(end), wanted.rdata.subarray(end)) === 0
  );
}
