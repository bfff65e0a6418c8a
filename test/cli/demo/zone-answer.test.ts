import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerMessage } from "../../../src/cli/demo/zone-answer.ts";
import { Zone } from "../../../src/cli/demo/zone-lookup.ts";
import { zoneRecords } from "../../../src/cli/demo/zone.ts";
import { Flag, readU16 } from "../../../src/dns/header.ts";
import { decodeMessage } from "../../../src/dns/message.ts";
import { RrType } from "../../../src/dns/rrtype.ts";
import { makeQuery } from "../../support/dot-client.ts";

const zone = new Zone(zoneRecords());

/** Whether the reply to these bytes is none, or a message with their id and QR set that can be read. */
function isSound(bytes: Uint8Array): boolean {
  const reply = answerMessage(zone, bytes);
  if (reply === null || reply === "close") return true;
  const { id, flags } = decodeMessage(reply);
  return id === readU16(bytes, 0) && (flags & Flag.QR) !== 0;
}

describe("a reply to anything", () => {
  test("is sound for arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(isSound(bytes)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("is sound for queries with some bytes changed, and for queries cut short", () => {
    const options = [
      { code: 10, data: new Uint8Array(8) },
      { code: 12, data: new Uint8Array(20) },
    ];
    const names = ["example.dotls.test", "www.dotls.test", "a.b.old.dotls.test", "x.wild.dotls.test", ""];
    const changed = fc.record({
      name: fc.constantFrom(...names),
      type: fc.constantFrom(...Object.values(RrType)),
      at: fc.nat(80),
      byte: fc.nat(255),
      length: fc.integer({ min: 12, max: 120 }),
    });
    fc.assert(
      fc.property(changed, ({ name, type, at, byte, length }) => {
        const query = makeQuery(name, { type, options }).subarray(0, length);
        expect(isSound(query)).toBe(true);
        if (at < query.length) query[at] = byte;
        expect(isSound(query)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
