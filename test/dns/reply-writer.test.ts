import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { type DecodedMessage, decodeMessage, messageRcode } from "../../src/dns/message.ts";
import { QueryView } from "../../src/dns/query-view.ts";
import { ReplyView } from "../../src/dns/reply-view.ts";
import {
  type ExtraError,
  type OwnRecords,
  type ReplyWay,
  writeOwn,
  writeReply,
} from "../../src/dns/reply-writer.ts";
import { inRoom, OwnRoom } from "../support/own-room.ts";
import {
  pointer,
  type RawOption,
  type RawQuery,
  rawOpt,
  rawQuery,
  rawRecord,
  wireName,
} from "../support/raw-query.ts";

const udp: ReplyWay = { datagrams: true, keepalive: 0 };
const tcp: ReplyWay = { datagrams: false, keepalive: 300 };
const ALL = 0xffff;

function queryOf(query: RawQuery, way: ReplyWay): QueryView {
  const view = new QueryView();
  const bytes = rawQuery(query);
  view.read(bytes, bytes.length, !way.datagrams);
  return view;
}

/** What the client gets for `reply`, as bytes; null when there is nothing to be sent. */
function written(query: RawQuery, reply: RawQuery, way: ReplyWay = udp): Buffer | null {
  const view = new ReplyView();
  const bytes = rawQuery({ ...reply, flags: (reply.flags ?? 0) | Flag.QR });
  const moved = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)]);
  expect(view.read(moved, 3, 3 + bytes.length)).toBe(true);
  const room = new OwnRoom(2);
  const length = writeReply(queryOf(query, way), view, way, room);
  return length < 0 ? null : room.written(length);
}

function decode(bytes: Uint8Array): DecodedMessage {
  const message = decodeMessage(Uint8Array.from(bytes));
  expect(message.trailing).toBe(0);
  return message;
}

function own(query: RawQuery, rcode: number, extra: ExtraError | null, way: ReplyWay = udp): DecodedMessage {
  return decode(inRoom((room) => writeOwn(queryOf(query, way), rcode, extra, way, room), 2));
}

const a = rawRecord(pointer(12), 1, Buffer.of(192, 0, 2, 1));
const ede: RawOption = { code: 15, data: Buffer.from([0, 22, ...Buffer.from("no way")]) };

/** A reply whose records take `length` bytes, at least 12. */
function recordsOf(length: number): Buffer[] {
  const records: Buffer[] = [];
  let left = length;
  while (left > 0) {
    let size = Math.min(left, 12 + 40_000);
    if (left - size > 0 && left - size < 12) size -= 12;
    records.push(rawRecord(pointer(12), 65_280, Buffer.alloc(size - 12)));
    left -= size;
  }
  return records;
}

describe("a reply passed on", () => {
  it("has the client's id, case and question, and the server's records", () => {
    const bytes = written(
      { id: 0xabcd, name: "ExAmPlE.tEsT" },
      { id: 0x0001, name: "example.test", answers: [a], authorities: [a], additionals: [a], opt: {} },
    )!;
    const message = decode(bytes);
    expect(message.id).toBe(0xabcd);
    expect(Buffer.from(message.questions[0]!.name).equals(wireName("ExAmPlE.tEsT"))).toBe(true);
    expect([message.answers, message.authorities, message.additionals].map((one) => one.length)).toEqual([
      1, 1, 1,
    ]);
    expect(message.edns).toBeNull();
    // The owner points to the question and so has the client's case, too.
    expect(Buffer.from(message.answers[0]!.name).equals(wireName("ExAmPlE.tEsT"))).toBe(true);
  });

  it.each([
    // The client's flags, DO, the server's flags, what comes out of AA TC AD CD RD Z.
    ["RD and CD come from the client", Flag.RD | Flag.CD, false, 0, Flag.RD | Flag.CD],
    ["RD and CD of the server are not passed on", 0, false, Flag.RD | Flag.CD, 0],
    ["AA never goes out", Flag.RD, false, Flag.AA, Flag.RD],
    ["Z never goes out", Flag.RD | Flag.Z, false, Flag.Z, Flag.RD],
    ["AD goes to nobody who did not ask", Flag.RD, false, Flag.AD, Flag.RD],
    ["AD goes to who sent AD", Flag.RD | Flag.AD, false, Flag.AD, Flag.RD | Flag.AD],
    ["AD goes to who sent DO", Flag.RD, true, Flag.AD, Flag.RD | Flag.AD],
    ["AD is not made up", Flag.RD | Flag.AD, true, 0, Flag.RD],
    ["TC is passed on", Flag.RD, false, Flag.TC, Flag.RD | Flag.TC],
  ])("has the right flags: %s", (_, sent, dnssecOk, answered, out) => {
    for (const way of [udp, tcp]) {
      const bytes = written({ flags: sent, opt: { dnssecOk } }, { flags: answered, answers: [a] }, way)!;
      expect(decode(bytes).flags).toBe(out | Flag.QR | Flag.RA);
    }
  });

  it("has OPT when the client sent one and only then, with DO as sent and no unknown flag", () => {
    for (const opt of [{}, { dnssecOk: true }, { z: 0x7fff }, { dnssecOk: true, z: 0x7fff }]) {
      for (const theirs of [undefined, { udpSize: 4096, z: 0x1234, options: [{ code: 10 }, { code: 12 }] }]) {
        const reply = { answers: [a], ...(theirs && { opt: theirs }) };
        const message = decode(written({ opt }, reply)!);
        expect(message.edns).toEqual({
          udpSize: 1232,
          extendedRcode: 0,
          version: 0,
          flags: "dnssecOk" in opt ? 0x8000 : 0,
          options: [],
        });
        expect(decode(written({}, reply)!).edns).toBeNull();
      }
    }
  });

  it.each([
    // The client, the payload size it gives, and what may be sent.
    ["no EDNS", undefined, 512],
    ["a size of 0", 0, 512],
    ["a size of 512", 512, 512],
    ["a size of 513", 513, 513],
    ["a size of 1231", 1231, 1231],
    ["a size of 1232", 1232, 1232],
    ["a size of 1233", 1233, 1232],
    ["a size of 4096", 4096, 1232],
    ["a size of 65535", 65_535, 1232],
  ])("is cut at the size of a client with %s, to the byte", (_, udpSize, limit) => {
    const query = udpSize === undefined ? {} : { opt: { udpSize } };
    const opt = udpSize === undefined ? 0 : 11;
    for (const more of [-1, 0, 1]) {
      const answers = recordsOf(limit - 30 - opt + more);
      const bytes = written(query, { answers, opt: {} })!;
      const message = decode(bytes);
      expect((message.flags & Flag.TC) !== 0).toBe(more > 0);
      expect(bytes.length).toBe(more > 0 ? 30 + opt : limit + more);
      expect(message.answers).toHaveLength(more > 0 ? 0 : answers.length);
      expect(message.edns === null).toBe(opt === 0);
      expect(message.questions).toHaveLength(1);
    }
  });

  it("is not cut over TCP up to 65,535 bytes", () => {
    for (const [query, opt] of [
      [{}, 0],
      [{ opt: { udpSize: 512 } }, 11],
      [{ opt: { options: [{ code: 11 }] } }, 17],
    ] as const) {
      // The server's own message, which carries no OPT here, is never longer than this either.
      const fits = written(query, { answers: recordsOf(65_535 - 30 - opt) }, tcp)!;
      expect(fits).toHaveLength(65_535);
      expect(decode(fits).flags & Flag.TC).toBe(0);
    }
    const over = written({ opt: {} }, { answers: recordsOf(65_535 - 30) }, tcp)!;
    expect(over).toHaveLength(41);
    expect(decode(over).flags & Flag.TC).toBe(Flag.TC);
  });

  it("keeps all extended errors of the server, and drops them before a record is dropped", () => {
    const options = [ede, { code: 12, data: Buffer.alloc(7) }, { ...ede, data: Buffer.of(0, 3) }];
    const message = decode(written({ opt: {} }, { answers: [a], opt: { options } })!);
    expect(message.edns!.options.map(({ code, data }) => [code, data.length])).toEqual([
      [15, 8],
      [15, 2],
    ]);
    for (const more of [0, 1]) {
      const errors = 12 + 6;
      const answers = recordsOf(1232 - 30 - 11 - errors + more);
      const bytes = written({ opt: {} }, { answers, opt: { options } })!;
      const { flags, edns } = decode(bytes);
      expect(flags & Flag.TC).toBe(0);
      expect(edns!.options).toHaveLength(more === 0 ? 2 : 0);
      expect(bytes).toHaveLength(more === 0 ? 1232 : 1232 - errors + 1);
    }
  });

  it("gives no extended error to who sent no OPT", () => {
    expect(decode(written({}, { answers: [a], opt: { options: [ede] } })!).edns).toBeNull();
  });

  it("has an extended rcode with EDNS, SERVFAIL without", () => {
    const opt = rawOpt();
    opt[5] = 1;
    for (const way of [udp, tcp]) {
      const reply = { flags: 7, additionals: [opt] };
      expect(messageRcode(decode(written({ opt: {} }, reply, way)!))).toBe(23);
      expect(messageRcode(decode(written({}, reply, way)!))).toBe(2);
    }
  });

  it("has keepalive over TCP when the client sent it, never over UDP", () => {
    const query = { opt: { options: [{ code: 11 }] } };
    const overTcp = decode(written(query, { answers: [a] }, tcp)!);
    expect(overTcp.edns!.options).toEqual([{ code: 11, data: Uint8Array.of(1, 44) }]);
    expect(decode(written(query, { answers: [a] }, udp)!).edns!.options).toEqual([]);
    expect(decode(written({ opt: {} }, { answers: [a] }, tcp)!).edns!.options).toEqual([]);
  });

  it("is the same wherever the server put OPT", () => {
    const behind = rawRecord(pointer(30), 16, Buffer.of(1, 97));
    const opt = rawOpt({ options: [ede] });
    opt[5] = 1;
    for (const additionals of [
      [opt, behind, a],
      [behind, opt, a],
      [behind, a, opt],
    ]) {
      const message = decode(
        written({ opt: {} }, { answers: [rawRecord(wireName("x.y"), 1, Buffer.alloc(4))], additionals })!,
      );
      expect(messageRcode(message)).toBe(16);
      expect(message.edns!.options).toHaveLength(1);
      expect(message.additionals.map(({ type, name }) => [type, name.length])).toEqual([
        [16, 5],
        [1, 14],
      ]);
    }
  });

  it("is nothing when the server's message cannot be cut", () => {
    expect(written({}, { additionals: [rawOpt(), rawRecord(pointer(30), 1, Buffer.alloc(4))] })).toBeNull();
  });

  it("has no records when the server left out the question: their names would point to the wrong place", () => {
    const soa = rawRecord(
      Buffer.of(1, 0x78, 0),
      6,
      Buffer.concat([pointer(12), pointer(12), Buffer.alloc(20)]),
    );
    const bytes = Buffer.concat([
      rawQuery({ flags: Flag.QR | 2, counts: [0, 0, 1, 0] }).subarray(0, 12),
      soa,
    ]);
    const view = new ReplyView();
    expect(view.read(bytes, 0, bytes.length)).toBe(true);
    const message = decode(inRoom((room) => writeReply(queryOf({ opt: {} }, udp), view, udp, room)));
    expect(messageRcode(message)).toBe(2);
    expect(message.flags & Flag.TC).toBe(0);
    expect([message.questions.length, message.authorities.length]).toEqual([1, 0]);
  });

  it("can be decoded, whatever both sides said", () => {
    const options = fc.array(
      fc.record({
        code: fc.constantFrom(3, 8, 10, 12, 15),
        data: fc.uint8Array({ minLength: 2, maxLength: 300 }),
      }),
      { maxLength: 4 },
    );
    const records = fc.array(
      fc.uint8Array({ maxLength: 400 }).map((data) => rawRecord(pointer(12), 65_280, data)),
      { maxLength: 5 },
    );
    const edns = fc.option(
      fc.record({ udpSize: fc.nat(ALL), z: fc.nat(0x7fff), dnssecOk: fc.boolean(), options }),
      {
        nil: null,
      },
    );
    fc.assert(
      fc.property(
        fc.nat(ALL),
        fc.nat(ALL),
        edns,
        edns,
        records,
        records,
        records,
        fc.nat(5),
        fc.boolean(),
        (sent, answered, mine, theirs, answers, authorities, more, place, overTcp) => {
          const additionals = theirs === null ? more : more.toSpliced(place, 0, rawOpt(theirs));
          const query = { flags: sent & 0x07ff, ...(mine && { opt: mine }) };
          const way = overTcp ? tcp : udp;
          const bytes = written(query, { flags: answered & 0x87ff, answers, authorities, additionals }, way)!;
          const message = decode(bytes);
          expect(message.edns !== null).toBe(mine !== null);
          const datagram = mine === null ? 512 : Math.min(1232, Math.max(512, mine.udpSize));
          expect(bytes.length).toBeLessThanOrEqual(overTcp ? 65_535 : datagram);
          const counts = [message.answers, message.authorities, message.additionals].map(
            ({ length }) => length,
          );
          const whole = [answers.length, authorities.length, more.length];
          expect(counts).toEqual(overTcp || counts.some((one) => one > 0) ? whole : [0, 0, 0]);
        },
      ),
    );
  });
});

describe("a reply of our own", () => {
  it("has id, opcode, RD, CD and the question as sent, and RA", () => {
    const flags = (5 << 11) | Flag.RD | Flag.CD | Flag.AD | Flag.Z | Flag.AA | Flag.TC | 9;
    const message = own({ id: 77, flags, name: "aB.Cd" }, 4, null);
    expect(message.id).toBe(77);
    expect(message.flags).toBe(Flag.QR | Flag.RA | Flag.RD | Flag.CD | (5 << 11) | 4);
    expect(Buffer.from(message.questions[0]!.name).equals(wireName("aB.Cd"))).toBe(true);
    expect(message.edns).toBeNull();
  });

  it("has no question when none could be read", () => {
    const message = own({ name: pointer(12) }, 1, null);
    expect(message.questions).toEqual([]);
    expect(messageRcode(message)).toBe(1);
  });

  it("says BADVERS in version 0", () => {
    const message = own({ opt: { version: 7, dnssecOk: true } }, 16, null);
    expect(message.edns).toEqual({ udpSize: 1232, extendedRcode: 1, version: 0, flags: 0x8000, options: [] });
    expect(message.flags & Flag.RCODE).toBe(0);
  });

  it("says SERVFAIL for an extended rcode to who sent no OPT", () => {
    expect(messageRcode(own({}, 23, null))).toBe(2);
  });

  it("has its extended error where the client sent OPT and it fits", () => {
    const extra = { code: 22, text: Buffer.from("nobody is there") };
    const data = Uint8Array.from([0, 22, ...extra.text]);
    expect(own({ opt: {} }, 2, extra).edns!.options).toEqual([{ code: 15, data }]);
    expect(own({}, 2, extra).edns).toBeNull();
    for (const more of [0, 1]) {
      const text = Buffer.alloc(512 - 30 - 11 - 6 + more);
      const query = { opt: { udpSize: 512 } };
      expect(own(query, 2, { code: 22, text }).edns!.options).toHaveLength(more === 0 ? 1 : 0);
      expect(own(query, 2, { code: 22, text }, tcp).edns!.options).toHaveLength(1);
    }
  });

  it("has keepalive and extended error together over TCP", () => {
    const query = { opt: { options: [{ code: 11 }] } };
    const { options } = own(query, 2, { code: 22, text: Buffer.from("x") }, tcp).edns!;
    expect(options.map(({ code }) => code)).toEqual([11, 15]);
  });

  describe("with records", () => {
    const soa = rawRecord(
      wireName("test"),
      6,
      Buffer.concat([wireName("a"), wireName("b"), Buffer.alloc(20)]),
    );
    const records: OwnRecords = { answers: 2, authorities: 1, bytes: Buffer.concat([a, a, soa]) };
    const extra = { code: 0, text: Buffer.from("why") };

    function withRecords(query: RawQuery, way: ReplyWay = udp, body: OwnRecords = records): DecodedMessage {
      return decode(inRoom((room) => writeOwn(queryOf(query, way), 3, extra, way, room, body), 2));
    }

    it.each<[string, RawQuery]>([
      ["without OPT", { name: "x.Test" }],
      ["with OPT", { name: "a.longer.name.test", opt: {} }],
      ["over TCP", { name: "", opt: { options: [{ code: 11 }] } }],
    ])("has them behind the question, %s", (title, query) => {
      const message = withRecords(query, title === "over TCP" ? tcp : udp);
      expect(message.answers.map(({ name, ttl }) => [Buffer.from(name), ttl])).toEqual([
        [wireName(String(query.name)), 300],
        [wireName(String(query.name)), 300],
      ]);
      expect(message.authorities).toMatchObject([{ type: 6, name: Uint8Array.from(wireName("test")) }]);
      expect(messageRcode(message)).toBe(3);
      expect(message.flags & Flag.TC).toBe(0);
      expect(message.edns !== null).toBe(query.opt !== undefined);
    });

    it("has all of them up to the byte that fits, then none and TC", () => {
      const base = 12 + wireName("example.test").length + 4;
      const body = (length: number): OwnRecords => {
        const all = recordsOf(length);
        return { answers: all.length, authorities: 0, bytes: Buffer.concat(all) };
      };
      const fits = withRecords({}, udp, body(512 - base));
      expect([fits.answers.length, fits.flags & Flag.TC]).toEqual([1, 0]);
      const over = withRecords({}, udp, body(512 - base + 1));
      expect([over.answers.length, over.flags & Flag.TC]).toEqual([0, Flag.TC]);
      expect(withRecords({}, tcp, body(512 - base + 1)).answers).toHaveLength(1);
      // The extended error goes first.
      const edns = withRecords({ opt: { udpSize: 1232 } }, udp, body(1232 - base - 11));
      expect([edns.answers.length, edns.edns?.options]).toEqual([1, []]);
    });
  });
});
