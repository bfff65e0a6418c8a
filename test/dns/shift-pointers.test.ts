import { array, assert, constantFrom, integer, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { shiftPointers } from "../../src/dns/shift-pointers.ts";
import { pointer, rawQuery, rawRecord, wireName } from "../support/raw-query.ts";

const SHORT = "b.test";
const LONG = "a.b.test";
const BY = 2;

/** The records of a message about SHORT, behind the question of a message about LONG; null when that is refused. */
function moved(records: readonly Uint8Array[], by = BY): Buffer | null {
  const before = 3;
  const message = rawQuery({ name: LONG, answers: records });
  const out = Buffer.concat([Buffer.alloc(before, 0xc0), message]);
  const recordsAt = before + 12 + wireName(LONG).length + 4;
  return shiftPointers(out, before, out.length, recordsAt, by) ? out.subarray(before) : null;
}

describe("records behind a longer question", () => {
  it("have their names as before: owners, and names in all types that may be compressed", () => {
    const test = pointer(12 + 2);
    const mx = Buffer.concat([Buffer.of(0, 10, 1, 0x6d), test]);
    const soa = Buffer.concat([Buffer.of(1, 0x6e), test, pointer(12), Buffer.alloc(20)]);
    const naptr = Buffer.concat([Buffer.of(0, 1, 0, 2, 1, 0x75, 0, 2, 0x78, 0x79), test]);
    const srv = Buffer.concat([Buffer.alloc(6), test]);
    const records = [
      rawRecord(pointer(12), 5, test),
      rawRecord(test, 6, soa),
      rawRecord(Buffer.concat([Buffer.of(1, 0x7a), test]), 15, mx),
      rawRecord(pointer(12), 35, naptr),
      rawRecord(pointer(12), 33, srv),
    ];
    const reference = decodeMessage(rawQuery({ name: SHORT, answers: records })).answers;
    expect(decodeMessage(moved(records)!).answers).toEqual(reference);
  });

  it("have bytes that only look like pointers as they were", () => {
    const data = Buffer.of(4, 0xc0, 0x0c, 0xc0, 0x0e);
    const [text] = decodeMessage(moved([rawRecord(pointer(12), 16, data)])!).answers;
    expect([...text!.rdata]).toEqual([...data]);
    const unknown = rawRecord(wireName("x.test"), 65_280, Buffer.of(0xc0, 0x0c));
    expect([...decodeMessage(moved([unknown])!).answers[0]!.rdata]).toEqual([0xc0, 0x0c]);
  });

  it("are refused when a pointer would have to point farther than it can", () => {
    expect(moved([rawRecord(pointer(12), 1, Buffer.alloc(4))], 0x3fff - 12)).not.toBeNull();
    expect(moved([rawRecord(pointer(12), 1, Buffer.alloc(4))], 0x3fff - 11)).toBeNull();
  });

  it("are refused when a name does not end within its data", () => {
    expect(moved([rawRecord(pointer(12), 5, Buffer.of(3, 0x61))])).toBeNull();
    expect(moved([rawRecord(pointer(12), 5, Buffer.of(0x80, 0))])).toBeNull();
    expect(moved([rawRecord(pointer(12), 5, Buffer.of(0xc0))])).toBeNull();
  });

  it("that are arbitrary bytes are moved or refused, and nothing outside of them changes", () => {
    const some = array(uint8Array({ maxLength: 30 }), { maxLength: 4 });
    assert(
      property(
        some,
        constantFrom(2, 5, 6, 15, 16, 33, 35),
        integer({ min: 0, max: 300 }),
        (datas, type, by) => {
          const records = datas.map((data) => rawRecord(pointer(12), type, data));
          const message = rawQuery({ name: LONG, answers: records });
          const recordsAt = 12 + wireName(LONG).length + 4;
          const out = Buffer.concat([message, Buffer.alloc(8, 0xee)]);
          shiftPointers(out, 0, message.length, recordsAt, by);
          expect(out.subarray(0, recordsAt)).toEqual(message.subarray(0, recordsAt));
          expect(out.subarray(message.length)).toEqual(Buffer.alloc(8, 0xee));
        },
      ),
    );
  });
});
