import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { messageRcode } from "../../src/dns/message.ts";
import { pointer, rawQuery, rawQuestion, rawRecord, wireName } from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { serve } from "./served.ts";

describe("T12: section 4.1.1, what cannot be answered (3.2 items 11 to 13)", () => {
  it.each(Array.from({ length: 15 }, (_, i) => i + 1))(
    "answers opcode %i with NOTIMP and gives it back",
    async (opcode) => {
      const served = await serve();
      const tcp = await served.tcp();
      const udp = served.udp();
      // With a question, without (as DSO has it, RFC 8490), with two.
      for (const query of [
        rawQuery({ id: 0xabcd, flags: (opcode << 11) | Flag.RD }),
        rawQuery({ id: 0xabcd, flags: (opcode << 11) | Flag.RD, counts: [0] }).subarray(0, 12),
        rawQuery({ id: 0xabcd, flags: (opcode << 11) | Flag.RD, questions: [rawQuestion("b.test")] }),
      ]) {
        for (const bytes of [await udp.ask(query), await tcp.ask(query)]) {
          const { id, flags } = decode(bytes);
          expect(id).toBe(0xabcd);
          expect(flags).toBe(Flag.QR | (opcode << 11) | Flag.RD | Flag.RA | 4);
        }
      }
    },
  );

  const garbage: readonly (readonly [string, Buffer])[] = [
    ["a header that promises a question", rawQuery().subarray(0, 12)],
    ["a question cut in its name", rawQuery().subarray(0, 20)],
    ["a question cut in its class", rawQuery().subarray(0, 29)],
    ["a label of 64 bytes", rawQuery({ name: Buffer.concat([Buffer.of(64), Buffer.alloc(65)]) })],
    ["a name of 256 bytes", rawQuery({ name: wireName(Array.from({ length: 128 }, () => "a").join(".")) })],
    ["a name that points to itself", rawQuery({ name: pointer(12) })],
    ["a name that points forward", rawQuery({ name: pointer(30) })],
    [
      "a record whose owner points to itself",
      rawQuery({ additionals: [rawRecord(pointer(30), 1, Buffer.alloc(4))] }),
    ],
    ["ANCOUNT that lies", rawQuery({ counts: [1, 65_535] })],
    ["ARCOUNT that lies", rawQuery({ counts: [1, 0, 0, 1] })],
    [
      "RDLENGTH that lies",
      rawQuery({ additionals: [rawRecord(Buffer.of(0), 1, Buffer.alloc(9)).subarray(0, 15)] }),
    ],
    ["a header and noise", Buffer.concat([rawQuery().subarray(0, 12), Buffer.alloc(300, 0xff)])],
  ];

  it.each(garbage)("answers %s with FORMERR, id, opcode and RD", async (_, query) => {
    const served = await serve();
    const tcp = await served.tcp();
    for (const rd of [0, Flag.RD]) {
      query.writeUInt16BE(rd, 2);
      for (const bytes of [await served.udp().ask(query), await tcp.ask(query)]) {
        const reply = decode(bytes);
        expect(reply.id).toBe(0x1234);
        expect(reply.flags).toBe(Flag.QR | Flag.RA | rd | 1);
        expect(reply.answers).toEqual([]);
      }
    }
    expect(served.upstream.counters.queries).toBe(0);
  });

  it("tolerates records in a query, and bytes behind it", async () => {
    const udp = (await serve()).udp();
    const a = rawRecord(pointer(12), 1, Buffer.alloc(4));
    expect(
      messageRcode(decode(await udp.ask(rawQuery({ answers: [a], authorities: [a], additionals: [a] })))),
    ).toBe(0);
    expect(messageRcode(decode(await udp.ask(Buffer.concat([rawQuery(), Buffer.alloc(9)]))))).toBe(0);
  });

  it("never answers a response, less than a header, or nothing (3.1 item 9)", async () => {
    const served = await serve();
    const udp = served.udp();
    const tcp = await served.tcp();
    for (const opcode of [0, 4, 6]) {
      const response = rawQuery({ id: 1, flags: Flag.QR | (opcode << 11) });
      udp.send(response);
      tcp.send(response);
      udp.send(rawQuery({ id: 1, flags: Flag.QR, counts: [7, 7, 7, 7] }));
    }
    for (let length = 0; length < 12; length++) udp.send(rawQuery({ id: 1 }).subarray(0, length));
    expect(decode(await udp.ask(rawQuery({ id: 2 }))).id).toBe(2);
    expect(decode(await tcp.ask(rawQuery({ id: 2 }))).id).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([udp.waiting, tcp.waiting]).toEqual([0, 0]);
  });
});

describe("section 4.1.1: what a reply looks like (3.2 item 14)", () => {
  it("gives back id, RD and the question in its case, sets RA, clears AA and Z", async () => {
    const served = await serve({ upstream: { fault: "other-case" } });
    const udp = served.udp();
    for (const id of [0, 1, 0xffff]) {
      const name = "MiXeD.cAsE.tEsT";
      const reply = decode(await udp.ask(rawQuery({ id, name, flags: Flag.RD | Flag.Z })));
      expect(reply.id).toBe(id);
      expect(reply.flags).toBe(Flag.QR | Flag.RD | Flag.RA);
      expect(Buffer.from(reply.questions[0]!.name).equals(wireName(name))).toBe(true);
      expect(Buffer.from(reply.answers[0]!.name).equals(wireName(name))).toBe(true);
    }
  });

  it("does not pass AA on", async () => {
    const served = await serve({
      upstream: { answer: ({ id }) => rawQuery({ id, flags: Flag.QR | Flag.AA | Flag.Z | Flag.RD }) },
    });
    expect(decode(await served.udp().ask(rawQuery())).flags).toBe(Flag.QR | Flag.RD | Flag.RA);
  });

  it("sets RA on errors of its own", async () => {
    const served = await serve({ upstream: { handshake: "close" }, timeout: 300 });
    const reply = decode(await served.udp().ask(rawQuery({ flags: Flag.RD | Flag.CD })));
    expect(reply.flags).toBe(Flag.QR | Flag.RD | Flag.RA | Flag.CD | 2);
  });
});
