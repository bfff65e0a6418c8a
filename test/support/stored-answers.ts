import { AnswerCache, type Terms } from "../../src/cache/answer-cache.ts";
import type { TimeSource } from "../../src/cache/clock.ts";
import type { Question } from "../../src/cache/key.ts";
import { Kind } from "../../src/cache/kind.ts";
import { createCacheMemory } from "../../src/cache/memory.ts";
import { Flag } from "../../src/dns/header.ts";
import { ReplyView } from "../../src/dns/reply-view.ts";
import { pointer, type RawQuery, rawQuery, rawRecord } from "./raw-query.ts";

const RESPONSE = Flag.QR | Flag.RD | Flag.RA;

/** Time that a test sets; it begins at an odd moment. */
export class OwnTime implements TimeSource {
  wallSeconds = 1_700_000_000;
  monotonicSeconds = 5000;

  wall(): number {
    return this.wallSeconds * 1000 + 321;
  }

  monotonic(): number {
    return this.monotonicSeconds * 1000 + 654;
  }

  /** Both clocks go on. */
  pass(seconds: number): void {
    this.wallSeconds += seconds;
    this.monotonicSeconds += seconds;
  }
}

export interface Asked {
  readonly type?: number;
  readonly class?: number;
  readonly dnssecOk?: boolean;
  readonly checkingDisabled?: boolean;
}

/** A question as the packet path has it. */
export function question(name: string, asked: Asked = {}): Question {
  const { type = 1, class: klass = 1, dnssecOk = false, checkingDisabled = false } = asked;
  const bytes = rawQuery({ name, type, class: klass });
  return {
    bytes,
    nameLength: bytes.length - 16,
    type,
    class: klass,
    dnssecOk,
    flags: Flag.RD | (checkingDisabled ? Flag.CD : 0),
  };
}

/** What a server answers, read. */
export function reply(message: RawQuery): ReplyView {
  const bytes = rawQuery({ flags: RESPONSE, ...message });
  const view = new ReplyView();
  if (!view.read(bytes, 0, bytes.length)) throw new Error("the test's own message is malformed");
  return view;
}

/** An answer to A with the address that the number stands for. */
export function addressReply(name: string, address: number, ttl = 300): ReplyView {
  const rdata = Buffer.alloc(4);
  rdata.writeUInt32BE(address);
  return reply({ name, answers: [rawRecord(pointer(12), 1, rdata, ttl)] });
}

/** Fresh for 300 seconds, and then stale for as long again; as `change` says otherwise. */
export function terms(change: Partial<Terms> = {}): Terms {
  return { kind: Kind.POSITIVE, lifetime: 300, stale: 300, type: 1, ...change };
}

/** The records of what was found last, or null when they were torn. */
export function recordsOf(cache: AnswerCache, ttl?: number): Buffer | null {
  const out = Buffer.alloc(cache.recordsLength + 8, 0xee);
  if (!cache.copyRecords(out, 4, ttl)) return null;
  if (out.readUInt32BE(0) !== 0xeeeeeeee || out.readUInt32BE(out.length - 4) !== 0xeeeeeeee) {
    throw new Error("bytes were written outside of the room for the records");
  }
  return out.subarray(4, -4);
}

/** A cache with a time of its own. */
export function ownCache(size: number = 4 * 1024 * 1024): { cache: AnswerCache; time: OwnTime } {
  const time = new OwnTime();
  return { cache: new AnswerCache(createCacheMemory(size, time), time), time };
}
