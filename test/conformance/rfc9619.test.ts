import { describe, expect, it } from "vitest";
import { messageRcode } from "../../src/dns/message.ts";
import { rawOpt, rawQuery, rawQuestion } from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { serve } from "./served.ts";

describe("T12: a query has one question (3.2 item 12)", () => {
  it.each([
    ["none", rawQuery({ counts: [0] }).subarray(0, 12), false],
    ["none, but EDNS", Buffer.concat([rawQuery({ counts: [0, 0, 0, 1] }).subarray(0, 12), rawOpt()]), true],
    [
      "none, but a cookie alone (RFC 7873 section 5.4), as cookies are ignored",
      Buffer.concat([
        rawQuery({ counts: [0, 0, 0, 1] }).subarray(0, 12),
        rawOpt({ options: [{ code: 10, data: Buffer.alloc(8) }] }),
      ]),
      true,
    ],
    ["two", rawQuery({ questions: [rawQuestion("b.test")] }), false],
    ["two of one name", rawQuery({ questions: [rawQuestion("example.test", 28)], opt: {} }), true],
    ["65,535 by its count", rawQuery({ counts: [65_535] }), false],
  ])("FORMERR for %s", async (_, query, edns) => {
    const served = await serve();
    const tcp = await served.tcp();
    for (const bytes of [await served.udp().ask(query), await tcp.ask(query)]) {
      const reply = decode(bytes);
      expect([reply.id, messageRcode(reply)]).toEqual([0x1234, 1]);
      expect(reply.edns !== null).toBe(edns);
    }
    expect(served.upstream.counters.queries).toBe(0);
  });
});
