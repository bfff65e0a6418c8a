import { setTimeout as pause } from "node:timers/promises";
import { Flag } from "../../src/dns/header.ts";
import type { DecodedMessage } from "../../src/dns/message.ts";
import { pointer, type RawQuery, rawQuery, rawRecord, wireName } from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { serve, type Served, type ServeOptions } from "./served.ts";

export const RESPONSE: number = Flag.QR | Flag.RD | Flag.RA;

/** An A record of the question's name. */
export function a(ttl: number): Buffer {
  return rawRecord(pointer(12), 1, Buffer.of(192, 0, 2, 1), ttl);
}

/** An SOA of `test`. */
export function soa(ttl: number, minimum: number): Buffer {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(minimum, 16);
  return rawRecord(
    wireName("test"),
    6,
    Buffer.concat([wireName("ns.test"), wireName("who.test"), numbers]),
    ttl,
  );
}

/** A server with a cache in front of an upstream whose answers a test writes by name. */
export interface CachingServer extends Served {
  /** By name and type, `www.test 1`: what is answered, and how often it was asked for. */
  readonly answers: Map<string, RawQuery>;
  readonly asked: (question: string) => number;
  ask(query: RawQuery): Promise<DecodedMessage>;
}

export async function serveCached(options: ServeOptions = {}): Promise<CachingServer> {
  const answers = new Map<string, RawQuery>();
  const counts = new Map<string, number>();
  const served = await serve({
    ...options,
    cache: options.cache ?? {},
    upstream: {
      answer: ({ id, name, type }) => {
        const question = `${name.toLowerCase()} ${type}`;
        counts.set(question, (counts.get(question) ?? 0) + 1);
        const answer = answers.get(question);
        return answer === undefined ? undefined : rawQuery({ flags: RESPONSE, name, type, ...answer, id });
      },
      ...options.upstream,
    },
  });
  const client = served.udp();
  return {
    ...served,
    answers,
    asked: (question) => counts.get(question) ?? 0,
    ask: async (query) => decode(await client.ask(rawQuery(query))),
  };
}

/** Lets so many seconds pass for certain on clocks that count whole ones. */
export async function seconds(count: number): Promise<void> {
  await pause(count * 1000 + 1050);
}

/** The codes of the extended errors in a reply. */
export function extendedErrors({ edns }: DecodedMessage): number[] {
  const errors = edns?.options.filter(({ code }) => code === 15) ?? [];
  return errors.map(({ data }) => (data[0]! << 8) | data[1]!);
}
