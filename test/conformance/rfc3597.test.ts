import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { pointer, rawQuery, rawQuestion, rawRecord, wireName } from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { serve } from "./served.ts";

describe("section 3: what is unknown passes untouched (3.2 item 18)", () => {
  it.each([
    ["a private type", 65_280, 1],
    ["a type nobody has assigned", 1000, 1],
    ["Hesiod", 16, 4],
    ["a private class", 65_281, 65_300],
  ])("%s", async (_, type, qclass) => {
    // Looks like a pointer, like a name, like nothing: none of it may change.
    const rdata = Buffer.from([0xc0, 0x0c, 0xff, 0x00, 3, 0x61, 0xc0, 0xff, ...wireName("a.b")]);
    const served = await serve({
      upstream: {
        answer: ({ id, name }) =>
          rawQuery({
            id,
            flags: Flag.QR,
            name,
            type,
            class: qclass,
            answers: [rawRecord(pointer(12), type, rdata, 77, qclass)],
            opt: {},
          }),
      },
    });
    const tcp = await served.tcp();
    const query = rawQuery({ type, class: qclass });
    for (const bytes of [await served.udp().ask(query), await tcp.ask(query)]) {
      const reply = decode(bytes);
      expect(reply.questions).toMatchObject([{ type, class: qclass }]);
      expect(reply.answers).toMatchObject([{ type, class: qclass, ttl: 77 }]);
      expect(Buffer.from(reply.answers[0]!.rdata).equals(rdata)).toBe(true);
    }
  });

  it("section 4: compressed names stay as they came, byte for byte", async () => {
    const records = [
      rawRecord(pointer(12), 15, Buffer.concat([Buffer.of(0, 5, 4), Buffer.from("mail"), pointer(12)])),
      rawRecord(Buffer.concat([Buffer.of(3), Buffer.from("www"), pointer(12)]), 5, pointer(12)),
    ];
    const served = await serve({
      upstream: { answer: ({ id }) => rawQuery({ id, flags: Flag.QR, type: 15, answers: records, opt: {} }) },
    });
    const bytes = await served.udp().ask(rawQuery({ type: 15 }));
    expect(bytes.subarray(12).equals(Buffer.concat([rawQuestion("example.test", 15), ...records]))).toBe(
      true,
    );
  });

  it("leaves the bytes of a reply whose OPT is not the last record what they mean", async () => {
    const behind = rawRecord(pointer(12), 5, pointer(12));
    const served = await serve({
      upstream: {
        answer: ({ id }) =>
          rawQuery({
            id,
            flags: Flag.QR,
            additionals: [
              Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]),
              behind,
              rawRecord(pointer(41), 1, Buffer.alloc(4)),
            ],
          }),
      },
    });
    const reply = decode(await served.udp().ask(rawQuery()));
    expect(reply.edns).toBeNull();
    for (const { name } of reply.additionals) {
      expect(Buffer.from(name).equals(wireName("example.test"))).toBe(true);
    }
  });
});

describe("RFC 8482: ANY (3.2 item 19)", () => {
  it("is forwarded, and nothing made of it", async () => {
    const hinfo = Buffer.concat([Buffer.of(7), Buffer.from("RFC8482"), Buffer.of(0)]);
    const served = await serve({
      upstream: {
        answer: ({ id, type }) =>
          rawQuery({ id, flags: Flag.QR, type, answers: [rawRecord(pointer(12), 13, hinfo)] }),
      },
    });
    const reply = decode(await served.udp().ask(rawQuery({ type: 255, opt: {} })));
    expect(reply.flags & Flag.TC).toBe(0);
    expect(reply.answers).toMatchObject([{ type: 13 }]);
    expect(served.upstream.counters.queries).toBe(1);
  });
});
