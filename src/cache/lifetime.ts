import { Flag, readU32, writeU32 } from "../dns/header.ts";
import { Rcode } from "../dns/rcode.ts";
import { RecordCursor, Section } from "../dns/records.ts";
import type { ReplyView } from "../dns/reply-view.ts";
import { RrType } from "../dns/rrtype.ts";
import { equaliseTtls } from "./equal-ttls.ts";
import { Kind } from "./kind.ts";

/** What an answer may live at the least and at the most, in seconds. */
export interface TtlLimits {
  /** Records that have an answer are given at least this; never those with TTL 0, and nothing negative. */
  readonly minTtl: number;
  readonly maxTtl: number;
  /** The most for what is not there (RFC 2308 section 5); 0: such answers are not kept. */
  readonly negativeTtl: number;
}

/** The question that a reply is an answer to. */
export interface AskedQuestion {
  readonly type: number;
  /** Offset behind the question, in a message that begins at 0. */
  readonly questionEnd: number;
}

const cursor = new RecordCursor();

/** What the answer that was read last may be kept as, and for how long. One object, filled anew by `read`. */
export class Lifetime {
  /** One of `Kind`; -1: not to be kept. A failure has no lifetime of its own (failure-backoff.ts). */
  kind = -1;
  /** Seconds. */
  seconds = 0;
  /** Whether it takes the place of what was kept before, though it may not be kept itself. */
  supersedes = false;
  /** Whether it holds for every type of the name: NXDOMAIN is stored by name and class (RFC 2308 section 5). */
  everyType = false;

  #lowest = 0;
  #soaTtlAt = -1;
  #negative = 0;
  #answered = false;
  #differ = false;

  /**
   * Reads an answer that is known to match its question, and sets the TTLs of its records to what is promised from now
   * on, in place: bounded, equal within a set (RFC 2181 section 5.2), and that of the SOA of a negative answer to what the
   * answer lives (RFC 2308 section 5). OPT has no TTL and is not touched. Calling it again changes nothing more.
   */
  read(reply: ReplyView, question: AskedQuestion, limits: TtlLimits): void {
    this.kind = kindOf(reply, question);
    this.seconds = 0;
    this.everyType = false;
    this.supersedes = this.kind >= 0 && this.kind !== Kind.FAILURE;
    if (!this.supersedes) return;
    this.#walk(reply, question.type);
    if (this.kind === Kind.POSITIVE && !this.#answered) this.kind = Kind.NODATA;
    const positive = this.kind === Kind.POSITIVE;
    if (!positive && this.#soaTtlAt < 0) {
      // Nothing says for how long, or it is a referral: not to be cached (RFC 2308 section 5).
      this.kind = -1;
      return;
    }
    this.#bound(reply, positive ? limits.minTtl : 0, limits.maxTtl);
    if (!positive) {
      const life = Math.min(this.#negative, limits.negativeTtl, limits.maxTtl);
      writeU32(reply.bytes, this.#soaTtlAt, life);
      this.#lowest = Math.min(this.#lowest, life);
    }
    if (this.#differ) equaliseTtls(reply);
    this.seconds = this.#lowest;
    // TTL 0 is for the one who asked (RFC 1035 section 3.2.1).
    if (this.seconds === 0) this.kind = -1;
    // Behind an alias the name that is not there is another one; DS is answered by the parent, which another route may lead to.
    this.everyType =
      this.kind === Kind.NXDOMAIN && reply.bytes[reply.start + 6] === 0 && reply.bytes[reply.start + 7] === 0;
    if (question.type === RrType.DS) this.everyType = false;
  }

  #walk(reply: ReplyView, type: number): void {
    const { bytes } = reply;
    this.#soaTtlAt = -1;
    this.#answered = false;
    cursor.reset(bytes, reply.start, reply.end, reply.recordsAt);
    while (cursor.next()) {
      if (cursor.section === Section.ANSWER) this.#answered ||= cursor.type === type;
      else if (
        cursor.section === Section.AUTHORITY &&
        cursor.type === RrType.SOA &&
        cursor.rdataLength >= 22
      ) {
        this.#soaTtlAt = cursor.typeAt + 4;
        // MINIMUM is the last of the five numbers that end an SOA; as a TTL, it has no high bit (RFC 2181 section 8).
        const minimum = readU32(bytes, cursor.at - 4);
        this.#negative = Math.min(readU32(bytes, this.#soaTtlAt), minimum > 0x7fffffff ? 0 : minimum);
      }
    }
  }

  /** Bounds the TTLs, finds the lowest, and sees whether two neighbours of one type differ. */
  #bound(reply: ReplyView, least: number, most: number): void {
    const { bytes } = reply;
    this.#lowest = most;
    this.#differ = false;
    let type = -1;
    let before = 0;
    cursor.reset(bytes, reply.start, reply.end, reply.recordsAt);
    while (cursor.next()) {
      if (cursor.type === RrType.OPT) continue;
      const at = cursor.typeAt + 4;
      const ttl = readU32(bytes, at);
      const bounded = ttl === 0 ? 0 : Math.min(most, Math.max(least, ttl));
      if (bounded !== ttl) writeU32(bytes, at, bounded);
      if (bounded < this.#lowest) this.#lowest = bounded;
      if (cursor.type === type && bounded !== before) this.#differ = true;
      type = cursor.type;
      before = bounded;
    }
  }
}

/** What it is by its header; POSITIVE stands for NODATA as well. -1: nothing that is kept. */
function kindOf(reply: ReplyView, { type, questionEnd }: AskedQuestion): number {
  // From 128 on types ask about messages or about all types at once, and OPT is no data (RFC 6895 section 3.1).
  if (type === 0 || type === RrType.OPT || (type >= 128 && type <= 255)) return -1;
  // Without its question a message cannot be told from another one; truncated it is no answer (RFC 2181 section 9).
  if (reply.recordsAt - reply.start !== questionEnd || (reply.flags & Flag.TC) !== 0) {
    return reply.rcode === Rcode.SERVFAIL ? Kind.FAILURE : -1;
  }
  switch (reply.rcode) {
    case Rcode.NOERROR:
      return Kind.POSITIVE;
    case Rcode.NXDOMAIN:
      return Kind.NXDOMAIN;
    case Rcode.SERVFAIL:
      return Kind.FAILURE;
    default:
      // REFUSED, FORMERR and NOTIMP are about the server, not about the name.
      return -1;
  }
}
