import { AnswerCache } from "../../src/cache/answer-cache.ts";
import { createCacheMemory } from "../../src/cache/memory.ts";
import { Flag } from "../../src/dns/header.ts";
import { type DecodedMessage, decodeMessage, messageRcode } from "../../src/dns/message.ts";
import { formatRdata } from "../../src/dns/rr/registry.ts";
import { ReplyView } from "../../src/dns/reply-view.ts";
import type { ClientQuery } from "../../src/listen/client-query.ts";
import { type CacheOptions, CacheStage } from "../../src/resolve/cache-stage.ts";
import { errand } from "../../src/resolve/errand.ts";
import type { KeepRules } from "../../src/resolve/keeper.ts";
import { Step } from "../../src/resolve/stage.ts";
import { pointer, type RawQuery, rawQuery, rawRecord, wireName } from "../support/raw-query.ts";
import { clientQuery, KeepingDoor } from "./queries.ts";

export const RESPONSE: number = Flag.QR | Flag.RD | Flag.RA;

/** An A record of the question's name. */
export function a(ttl: number, last: number = 1): Buffer {
  return rawRecord(pointer(12), 1, Buffer.of(192, 0, 2, last), ttl);
}

/** An SOA of example.test, written without pointers. */
export function soa(ttl: number, minimum: number = ttl): Buffer {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(minimum, 16);
  const rdata = Buffer.concat([wireName("ns.example.test"), wireName("who.example.test"), numbers]);
  return rawRecord(wireName("example.test"), 6, rdata, ttl);
}

/** What a client got at once; null: a server is to be asked. */
export interface Given {
  readonly source: number;
  readonly message: DecodedMessage;
  readonly rcode: number;
  /** Data of the answer records. */
  readonly data: readonly string[];
  /** Of all records but OPT. */
  readonly ttls: readonly number[];
  /** Codes of the extended errors. */
  readonly errors: readonly number[];
}

const rules: KeepRules = {
  minTtl: 0,
  maxTtl: 86_400,
  negativeTtl: 3600,
  failureTtl: 300,
  staleFor: 86_400,
};

/** The stage of the cache with a clock that a test turns, and nobody around it but the test. */
export class Caching {
  /** Both clocks, in ms. */
  time = 1_000_000;
  readonly cache: AnswerCache;
  readonly stage: CacheStage;
  /** Questions that were fetched anew with no client waiting. */
  readonly fetched: ClientQuery[] = [];
  readonly door: KeepingDoor = new KeepingDoor();
  covered: (query: ClientQuery) => boolean = () => false;
  diverted = false;
  /** Whether there is too much to do for questions of nobody. */
  refusing = false;

  constructor(
    change: Partial<KeepRules & Omit<CacheOptions, "rules" | "cache">> = {},
    memory?: SharedArrayBuffer,
  ) {
    const time = { wall: () => this.time, monotonic: () => this.time };
    const { prefetch = true, staleAtOnce = false, ...own } = change;
    this.cache = new AnswerCache(memory ?? createCacheMemory(4 * 1024 * 1024, time), time);
    this.stage = new CacheStage(
      { cache: this.cache, rules: { ...rules, ...own }, prefetch, staleAtOnce },
      {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the stage hands on what it was given
        covers: (query) => this.covered(query as ClientQuery),
        diverts: () => this.diverted,
      },
      {
        sent: (query, length) => query.door.send(query, length),
        fetch: (query) => {
          if (!this.refusing) this.fetched.push(errand(query));
          return !this.refusing;
        },
      },
    );
  }

  /** Lets seconds pass. */
  pass(seconds: number): void {
    this.time += seconds * 1000;
  }

  /** A client asks. */
  ask(message: RawQuery = {}): { readonly query: ClientQuery; readonly given: Given | null } {
    const { query } = clientQuery(message, this.door);
    const before = this.door.sent.length;
    const step = this.stage.enter(query);
    if (step === Step.NEXT) {
      if (this.door.sent.length !== before) throw new Error("answered, and passed on as well");
      return { query, given: null };
    }
    return { query, given: this.last() };
  }

  /** What a client was given at once, in short: null when a server is to be asked. */
  hit(message: RawQuery = {}): Given | null {
    return this.ask(message).given;
  }

  /** A client asks, must be passed on, and a server answers. */
  serve(query: RawQuery, answer: RawQuery): ClientQuery {
    const { query: asked, given } = this.ask(query);
    if (given !== null) throw new Error("answered from memory");
    this.answer(asked, answer);
    return asked;
  }

  /** A server answers what was passed on. */
  answer(query: ClientQuery, answer: RawQuery): ReplyView {
    const name = query.bytes.subarray(12, 12 + query.nameLength);
    const bytes = rawQuery({ flags: RESPONSE, name, type: query.type, class: query.class, ...answer });
    const view = new ReplyView();
    if (!view.read(bytes, 0, bytes.length)) throw new Error("the test's answer is malformed");
    this.stage.leave(query, view);
    return view;
  }

  /** Nobody answers what was passed on. */
  silence(query: ClientQuery): void {
    this.stage.leave(query, null);
  }

  /** The last reply that left. */
  last(): Given {
    const sent = this.door.sent.at(-1);
    if (sent === undefined) throw new Error("nothing was sent");
    const message = decodeMessage(Uint8Array.from(sent.reply));
    const options = message.edns?.options ?? [];
    return {
      source: sent.query.source,
      message,
      rcode: messageRcode(message),
      data: message.answers.map(({ type, rdata }) => formatRdata(type, rdata)),
      ttls: [...message.answers, ...message.authorities, ...message.additionals].map(({ ttl }) => ttl),
      errors: options.filter(({ code }) => code === 15).map(({ data }) => (data[0]! << 8) | data[1]!),
    };
  }
}
