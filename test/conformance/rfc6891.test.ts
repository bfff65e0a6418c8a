import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { type DecodedMessage, messageRcode } from "../../src/dns/message.ts";
import {
  pointer,
  type RawQuery,
  rawOpt,
  rawQuery,
  rawQuestion,
  rawRecord,
  wireName,
} from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { type Served, type ServeOptions, serve } from "./served.ts";

/** The replies to one query over UDP and over TCP. */
async function both(query: Uint8Array, options: ServeOptions = {}): Promise<DecodedMessage[]> {
  const served = await serve(options);
  const tcp = await served.tcp();
  return [decode(await served.udp().ask(query)), decode(await tcp.ask(query))];
}

const ourOpt = { udpSize: 1232, extendedRcode: 0, version: 0, flags: 0, options: [] };

describe("section 7: OPT in means OPT out (3.3 item 20)", () => {
  const cases: readonly (readonly [string, RawQuery, number, ServeOptions["upstream"]])[] = [
    ["an answer", {}, 0, {}],
    ["an answer of a server without EDNS", {}, 0, { edns: false }],
    ["NXDOMAIN", {}, 3, { rcodes: { "example.test": 3 } }],
    ["SERVFAIL of the server", {}, 2, { rcodes: { "example.test": 2 } }],
    ["SERVFAIL of our own", {}, 2, { handshake: "close" }],
    ["FORMERR", { counts: [1, 1] }, 1, {}],
    ["FORMERR for two questions", { questions: [rawQuestion("b.test")] }, 1, {}],
    ["NOTIMP", { flags: 4 << 11 }, 4, {}],
    ["NOTIMP for a type", { type: 252 }, 4, {}],
    ["REFUSED", { flags: 0 }, 5, {}],
    ["REFUSED for a class", { class: 3 }, 5, {}],
  ];

  it.each(cases)("with %s", async (_, query, rcode, upstream) => {
    // Short only where it is waited for.
    const timeout = upstream?.handshake === undefined ? 2000 : 500;
    // Counts that lie cut the walk short behind OPT, never in front of it.
    const lying = query.counts !== undefined;
    const withOpt = lying
      ? rawQuery({ additionals: [rawOpt()], counts: [1, 0, 0, 2] })
      : rawQuery({ ...query, opt: {} });
    for (const reply of await both(withOpt, { upstream: upstream!, timeout })) {
      expect(messageRcode(reply)).toBe(rcode);
      expect(reply.edns).toMatchObject({ udpSize: 1232, version: 0, extendedRcode: 0 });
    }
    for (const reply of await both(rawQuery(query), { upstream: upstream!, timeout })) {
      expect(messageRcode(reply)).toBe(rcode);
      expect(reply.edns).toBeNull();
    }
  });

  it("with TC", async () => {
    const served = await serve({ upstream: { size: 4000 } });
    const udp = served.udp();
    for (const [query, edns] of [
      [rawQuery(), null],
      [rawQuery({ opt: { udpSize: 4096 } }), ourOpt],
    ] as const) {
      const reply = decode(await udp.ask(query));
      expect(reply.flags & Flag.TC).toBe(Flag.TC);
      expect(reply).toMatchObject({ answers: [], authorities: [], additionals: [], edns });
      expect(reply.questions).toHaveLength(1);
      const whole = decode(await (await served.tcp()).ask(query));
      expect(whole.flags & Flag.TC).toBe(0);
      expect(whole.answers.length).toBeGreaterThan(10);
    }
  });
});

describe("T12: section 6.1.3, versions and flags (3.3 item 21)", () => {
  it.each([1, 2, 255])("answers version %i with BADVERS in version 0", async (version) => {
    for (const reply of await both(rawQuery({ opt: { version, dnssecOk: true } }))) {
      expect(messageRcode(reply)).toBe(16);
      expect(reply.edns).toEqual({ ...ourOpt, extendedRcode: 1, flags: 0x8000 });
      expect(reply.answers).toEqual([]);
      expect(reply.questions).toHaveLength(1);
    }
  });

  it("gives DO back and no flag that it does not know", async () => {
    for (const dnssecOk of [false, true]) {
      for (const reply of await both(rawQuery({ opt: { dnssecOk, z: 0x7fff } }))) {
        expect(reply.edns!.flags).toBe(dnssecOk ? 0x8000 : 0);
      }
    }
  });
});

describe("T12: section 6.1.1, what is malformed gets FORMERR with OPT (3.3 item 21)", () => {
  it.each<[string, RawQuery]>([
    ["two OPT records", { additionals: [rawOpt()], opt: {} }],
    ["an owner that is not the root", { opt: { owner: wireName("a.test") } }],
    ["an owner that is a pointer", { opt: { owner: pointer(12) } }],
    ["OPT in the answer section", { answers: [rawOpt()] }],
    ["OPT in the authority section", { authorities: [rawOpt()] }],
    ["an option that overruns its record", { opt: { rdata: Buffer.of(0, 10, 0, 9, 1, 2) } }],
    ["an option without a length", { opt: { rdata: Buffer.of(0, 10, 0) } }],
    ["one byte as options", { opt: { rdata: Buffer.of(7) } }],
  ])("%s", async (_, query) => {
    for (const reply of await both(rawQuery({ id: 0x5a5a, ...query }))) {
      expect(messageRcode(reply)).toBe(1);
      expect(reply.id).toBe(0x5a5a);
      expect(reply.edns).toEqual(ourOpt);
    }
  });
});

describe("section 6.1.2: where OPT stands and what is in it (3.3 items 21 and 22)", () => {
  it.each<[string, RawQuery]>([
    [
      "first of the additional section",
      { additionals: [rawOpt(), rawRecord(pointer(12), 1, Buffer.alloc(4))] },
    ],
    ["last of it", { additionals: [rawRecord(pointer(12), 1, Buffer.alloc(4))], opt: {} }],
    [
      "behind records of all sections",
      {
        answers: [rawRecord(pointer(12), 1, Buffer.alloc(4))],
        authorities: [rawRecord(pointer(12), 2, pointer(12))],
        opt: {},
      },
    ],
    [
      "with unknown options",
      { opt: { options: [{ code: 65_001, data: Buffer.alloc(300) }, { code: 26_946 }] } },
    ],
    ["with two options of one code", { opt: { options: [{ code: 3 }, { code: 3 }] } }],
    [
      "with a cookie of no legal length, as cookies are ignored",
      { opt: { options: [{ code: 10, data: Buffer.alloc(5) }] } },
    ],
  ])("%s is good", async (_, query) => {
    for (const reply of await both(rawQuery(query))) {
      expect(messageRcode(reply)).toBe(0);
      expect(reply.edns).toEqual(ourOpt);
    }
  });

  it("sends none of the client's options on, and none of the server's back (section 6.2.6)", async () => {
    const served = await serve({ upstream: { keepalive: 100 } });
    const codes = [3, 5, 8, 9, 10, 11, 13, 65_001];
    const options = codes.map((code) => ({ code, data: code === 11 ? Buffer.alloc(0) : Buffer.alloc(8, 1) }));
    const reply = decode(await served.udp().ask(rawQuery({ opt: { options } })));
    expect(reply.edns).toEqual(ourOpt);
    expect(Object.keys(Object.fromEntries(served.upstream.counters.options)).map(Number)).toEqual([
      8, 11, 12,
    ]);
  });
});

describe("T10: section 6.2.3, sizes (3.3 item 23)", () => {
  async function sizeFor(served: Served, query: Uint8Array): Promise<{ length: number; cut: boolean }> {
    const bytes = await served.udp().ask(query);
    return { length: bytes.length, cut: (decode(bytes).flags & Flag.TC) !== 0 };
  }

  it.each([
    [undefined, 512],
    [0, 512],
    [511, 512],
    [512, 512],
    [1000, 1000],
    [1232, 1232],
    [4096, 1232],
    [65_535, 1232],
  ])("cuts at the byte for a client with a payload size of %s", async (udpSize, limit) => {
    const opt = udpSize === undefined ? 0 : 11;
    const query = rawQuery(udpSize === undefined ? {} : { opt: { udpSize } });
    const records = (length: number): Buffer => rawRecord(pointer(12), 65_280, Buffer.alloc(length - 12));
    let answer: Buffer = Buffer.alloc(0);
    const served = await serve({
      upstream: {
        answer: ({ id }) => rawQuery({ id, flags: Flag.QR | Flag.RD | Flag.RA, answers: [answer] }),
      },
    });
    for (const more of [-1, 0, 1]) {
      answer = records(limit - 30 - opt + more);
      expect(await sizeFor(served, query)).toEqual(
        more > 0 ? { length: 30 + opt, cut: true } : { length: limit + more, cut: false },
      );
    }
    const tcp = await served.tcp();
    expect(await tcp.ask(query)).toHaveLength(limit + 1);
  });

  it("carries 65,535 bytes over TCP", async () => {
    const served = await serve({
      upstream: {
        answer: ({ id }) =>
          rawQuery({
            id,
            flags: Flag.QR,
            answers: [rawRecord(pointer(12), 65_280, Buffer.alloc(65_535 - 30 - 12))],
          }),
      },
    });
    const tcp = await served.tcp();
    expect(await tcp.ask(rawQuery())).toHaveLength(65_535);
    const cut = decode(await tcp.ask(rawQuery({ opt: {} })));
    expect([cut.flags & Flag.TC, cut.answers.length]).toEqual([Flag.TC, 0]);
  });
});
