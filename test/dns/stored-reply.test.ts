import { assert, boolean, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { Flag, HeaderOffset, readU16 } from "../../src/dns/header.ts";
import { decodeMessage } from "../../src/dns/message.ts";
import { QueryView, Reading } from "../../src/dns/query-view.ts";
import { ReplyView } from "../../src/dns/reply-view.ts";
import { copyErrors, type ExtraError, type ReplyWay, writeReply } from "../../src/dns/reply-writer.ts";
import { type StoredAnswer, writeStored } from "../../src/dns/stored-reply.ts";
import { inRoom, OwnRoom } from "../support/own-room.ts";
import { pointer, type RawQuery, rawQuery, rawRecord } from "../support/raw-query.ts";

const udp: ReplyWay = { datagrams: true, keepalive: 0 };
const tcp: ReplyWay = { datagrams: false, keepalive: 300 };
const RESPONSE = Flag.QR | Flag.RD | Flag.RA;
const a = rawRecord(pointer(12), 1, Buffer.of(192, 0, 2, 1));
const ede = { code: 15, data: Buffer.of(0, 6, 0x6f, 0x68) };

/** A reply as if it had been stored: its records and extended errors, without question and OPT. */
function stored(message: RawQuery, whole = true): { view: ReplyView; answer: StoredAnswer } {
  const bytes = rawQuery({ flags: RESPONSE, ...message });
  const view = new ReplyView();
  expect(view.read(bytes, 0, bytes.length)).toBe(true);
  const count = (offset: number): number => readU16(bytes, offset);
  const answer: StoredAnswer = {
    flags: view.flags,
    rcode: view.rcode,
    answers: count(HeaderOffset.ANCOUNT),
    authorities: count(HeaderOffset.NSCOUNT),
    additionals: count(HeaderOffset.ARCOUNT) - (message.opt === undefined ? 0 : 1),
    recordsLength: view.optAt - view.recordsAt,
    errorsLength: view.errorsLength,
    copyRecords: (out, at) => {
      out.set(view.bytes.subarray(view.recordsAt, view.optAt), at);
      return whole;
    },
    copyErrors: (out, at) => {
      copyErrors(out, at, view);
      return whole;
    },
  };
  return { view, answer };
}

function queryOf(message: RawQuery, stream = false): QueryView {
  const query = new QueryView();
  const bytes = rawQuery(message);
  expect(query.read(bytes, bytes.length, stream)).toBe(Reading.QUERY);
  return query;
}

describe("a reply from memory", () => {
  it("is to the byte what the client got when the answer was new, whoever asks", () => {
    const asked = record({
      id: integer({ min: 0, max: 65_535 }),
      name: constantFrom("example.test", "eXaMple.TEST"),
      flags: constantFrom(Flag.RD, Flag.RD | Flag.AD, Flag.RD | Flag.CD),
      edns: boolean(),
      udpSize: constantFrom(0, 512, 600, 1232, 4096),
      dnssecOk: boolean(),
      stream: boolean(),
      keepalive: boolean(),
    });
    const served = record({
      rcode: constantFrom(0, 3, 2, 23),
      ad: constantFrom(0, Flag.AD, Flag.AA | Flag.AD),
      records: constantFrom(0, 1, 3, 29, 30, 31, 70, 200),
      errors: constantFrom(0, 1, 2),
    });
    assert(
      property(asked, served, ({ edns, udpSize, dnssecOk, stream, keepalive, ...rest }, reply) => {
        const options = keepalive ? [{ code: 11 }] : [];
        const query = queryOf({ ...rest, ...(edns && { opt: { udpSize, dnssecOk, options } }) }, stream);
        const { view, answer } = stored({
          name: rest.name,
          flags: RESPONSE | reply.ad | (reply.rcode & 15),
          answers: Array.from({ length: reply.records }, () => a),
          authorities: reply.records > 1 ? [a] : [],
          additionals: reply.records > 2 ? [a, a] : [],
          opt: { options: Array.from({ length: reply.errors }, () => ede) },
        });
        const way = stream ? tcp : udp;
        const fresh = inRoom((room) => writeReply(query, view, way, room), 2);
        expect(inRoom((room) => writeStored(query, answer, -1, null, way, room), 2)).toEqual(fresh);
      }),
    );
  });

  it("has an extended error of ours in front of those of the answer", () => {
    const extra: ExtraError = { code: 3, text: Buffer.from("late") };
    const { answer } = stored({ answers: [a], opt: { options: [ede] } });
    const message = (query: QueryView): number[] | undefined => {
      const reply = decodeMessage(inRoom((room) => writeStored(query, answer, 30, extra, udp, room)));
      expect(reply.answers).toHaveLength(1);
      return reply.edns?.options.map(({ data }) => data[1]!);
    };
    expect(message(queryOf({ opt: {} }))).toEqual([3, 6]);
    expect(message(queryOf({}))).toBeUndefined();
  });

  it("leaves out extended errors before it leaves out records", () => {
    const text = Buffer.alloc(470, 0x78);
    const { answer } = stored({ answers: [a], opt: { options: [ede] } });
    const reply = (extra: ExtraError): Buffer =>
      inRoom((room) => writeStored(queryOf({ opt: { udpSize: 512 } }), answer, 30, extra, udp, room));
    expect(decodeMessage(reply({ code: 3, text })).edns?.options).toHaveLength(1);
    expect(decodeMessage(reply({ code: 3, text: Buffer.alloc(445) })).edns?.options).toHaveLength(1);
    expect(decodeMessage(reply({ code: 3, text: Buffer.alloc(420) })).edns?.options).toHaveLength(2);
  });

  it("is none when the answer changed while it was copied", () => {
    const query = queryOf({ opt: {} });
    const torn = (message: RawQuery): number =>
      writeStored(query, stored(message, false).answer, -1, null, udp, new OwnRoom());
    expect(torn({ answers: [a] })).toBe(-1);
    expect(torn({ flags: RESPONSE | 2, opt: { options: [ede] } })).toBe(-1);
  });
});
