import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Control, ControlReader, controlFrame } from "../../../src/observe/dnstap/frame-stream.ts";

const other = Buffer.concat([
  Buffer.from([0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 5]),
  Buffer.from("other"),
]);

describe("control frames", () => {
  it("are those of Frame Streams", () => {
    expect(controlFrame(Control.STOP).toString("hex")).toBe("000000000000000400000003");
    expect(controlFrame(Control.READY).toString("hex")).toBe(
      `0000000000000022000000040000000100000016${Buffer.from("protobuf:dnstap.Dnstap").toString("hex")}`,
    );
  });

  it("are read back, in whatever pieces they come", () => {
    const types = [Control.ACCEPT, Control.FINISH, Control.ACCEPT];
    const stream = Buffer.concat(types.map(controlFrame));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (sizes) => {
        const reader = new ControlReader();
        const read: number[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          for (const { type, takesDnstap } of reader.push(stream.subarray(at, at + size))!) {
            read.push(type);
            expect(takesDnstap).toBe(true);
          }
          at += size;
        }
        expect(read).toEqual(types);
      }),
    );
  });

  it("say what the reader takes", () => {
    other.writeUInt32BE(Control.ACCEPT, 8);
    expect(new ControlReader().push(other)).toEqual([{ type: Control.ACCEPT, takesDnstap: false }]);
  });

  it.each([
    ["what is something else", Buffer.from("HTTP/1.1 400 Bad Request\r\n")],
    ["a length that has no room for a type", Buffer.from([0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1])],
    ["a length without end", Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1])],
    ["a field beyond the frame", Buffer.from([0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9])],
    ["half a field", Buffer.from([0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 1])],
  ])("refuse %s", (_what, bytes) => {
    expect(new ControlReader().push(bytes)).toBeNull();
  });

  it("never make it throw", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        const reader = new ControlReader();
        for (const piece of pieces) {
          const messages = reader.push(Buffer.from(piece));
          if (messages === null) return;
          for (const { type } of messages) expect(type).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
