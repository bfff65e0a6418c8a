import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageType, MessageWriter, type TapMessage } from "../../../src/observe/dnstap/message.ts";
import { decodeTap, payloadsOf } from "./decode.ts";

const some: TapMessage = {
  type: MessageType.CLIENT_RESPONSE,
  wire: 1,
  queryAddress: Uint8Array.of(192, 0, 2, 7),
  responseAddress: null,
  queryPort: 40_000,
  responsePort: 0,
  queryTime: Date.UTC(2026, 10, 21, 14, 0, 0, 12) + 0.345,
  responseTime: Date.UTC(2026, 10, 21, 14, 0, 0, 999) + 0.9997,
  bytes: Buffer.from("..a message.."),
  start: 2,
  end: 11,
};

function written(message: TapMessage, identity = "here"): ReturnType<typeof decodeTap> {
  const writer = new MessageWriter(identity, "dotls 1.2.3");
  const room = writer.room(message);
  const out = Buffer.alloc(room + 10);
  const end = writer.write(out, 10, message);
  expect(end - 10).toBeLessThanOrEqual(room);
  const [payload, ...others] = payloadsOf(out.subarray(10, end));
  expect(others).toEqual([]);
  return decodeTap(payload!);
}

describe("a message of dnstap", () => {
  it("has the fields of dnstap.proto", () => {
    const { identity, version, type, fields } = written(some);
    expect([identity, version, type]).toEqual(["here", "dotls 1.2.3", 1]);
    const seconds = Date.UTC(2026, 10, 21, 14, 0, 0) / 1000;
    expect(fields).toEqual(
      new Map<number, number | Buffer>([
        [1, 6],
        [2, 1],
        [3, 1],
        [4, Buffer.from([192, 0, 2, 7])],
        [6, 40_000],
        [8, seconds],
        [9, 12_345_000],
        // Never a whole second.
        [12, seconds],
        [13, 999_999_000],
        [14, Buffer.from("a message")],
      ]),
    );
  });

  it("of a query has it as the query, and the server's place", () => {
    const server = { queryAddress: null, responseAddress: new Uint8Array(16).fill(1), responsePort: 853 };
    const message = { ...some, ...server, type: MessageType.FORWARDER_QUERY, queryPort: 0, responseTime: 0 };
    const { fields } = written({ ...message, wire: 3 });
    expect([...fields.keys()]).toEqual([1, 2, 3, 5, 7, 8, 9, 10]);
    expect([fields.get(2), fields.get(3), fields.get(7)]).toEqual([2, 3, 853]);
    expect(String(fields.get(10))).toBe("a message");
  });

  it("says nothing of what is not known", () => {
    const { fields } = written({ ...some, queryAddress: null, queryPort: 0, queryTime: 0, responseTime: 0 });
    expect([...fields.keys()]).toEqual([1, 3, 14]);
  });

  it("holds whatever comes, also the longest", () => {
    const bytes = fc.uint8Array({ maxLength: 65_535, size: "max" });
    fc.assert(
      fc.property(
        bytes,
        fc.string({ maxLength: 80 }),
        fc.integer({ min: 1, max: 65_535 }),
        (message, name, port) => {
          const all = { ...some, bytes: message, start: 0, end: message.length, queryPort: port };
          const { fields, identity } = written(all, name);
          expect(Buffer.from(message).equals(fields.get(14) as Buffer)).toBe(true);
          expect([fields.get(6), identity]).toEqual([port, Buffer.from(name).toString()]);
        },
      ),
      { numRuns: 50 },
    );
    const longest = { ...some, bytes: new Uint8Array(65_535).fill(7), start: 0, end: 65_535 };
    expect((written(longest).fields.get(14) as Buffer).length).toBe(65_535);
  });
});
