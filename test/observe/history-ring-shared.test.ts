import { describe, expect, it, vi } from "vitest";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "./outcomes.ts";

const clocks = { wall: () => Date.UTC(2026, 10, 21, 14, 0, 0), monotonic: () => 5000 };

/** Rings of so many writers over one memory, and that of a reader. */
function rings(
  size: number,
  writers: number,
  memory = HistoryRing.memory(size, writers),
  now: () => number = clocks.monotonic,
): { reader: HistoryRing; writer: HistoryRing[]; memory: SharedArrayBuffer } {
  const make = (writer: number): HistoryRing =>
    new HistoryRing(size, { ...clocks, monotonic: now }, { memory, writers, writer });
  return { reader: make(0), writer: Array.from({ length: writers }, (_, at) => make(at)), memory };
}

describe("a ring that several threads write", () => {
  it("gives back every field, whoever wrote it", () => {
    const { reader, writer } = rings(4, 2);
    const own = new HistoryRing(4, clocks);
    const outcomes = [
      outcomeOf("wWw.Example.com.", {
        receivedAt: 4999,
        clientAddress: "fe80::1%eth0",
        clientPort: 65_535,
        rcode: 3,
      }),
      outcomeOf("example.net.", { receivedAt: 4999, server: null, error: "timeout", rcode: 2 }),
      outcomeOf(null, {
        receivedAt: 4999,
        rcode: -1,
        server: null,
        clientAddress: "",
        error: "the question cannot be read",
      }),
      outcomeOf(".", {
        receivedAt: 4999,
        clientAddress: "2001:db8:1234:5678:9abc:def0:1234:5678%abcdefghijklmno",
      }),
    ];
    for (const [at, outcome] of outcomes.entries()) {
      writer[at % 2]!.ended(outcome);
      own.ended(outcome);
    }
    for (const at of outcomes.keys()) expect(reader.entry(at)).toEqual(own.entry(at));
  });

  it("keeps one order, and one count", () => {
    const { reader, writer } = rings(8, 3);
    const cursor = reader.cursor();
    for (let i = 0; i < 6; i++) writer[i % 3]!.ended(outcomeOf(`n${i}.`));
    expect([reader.recorded, reader.oldest, cursor.waiting]).toEqual([6, 0, 6]);
    const names = Array.from({ length: 7 }, () => cursor.next()?.name);
    expect(names).toEqual(["n0.", "n1.", "n2.", "n3.", "n4.", "n5.", undefined]);
  });

  it("counts on where the positions begin anew", () => {
    const size = 6;
    const { reader, writer, memory } = rings(size, 2);
    const positions = size * Math.floor(0x7fff_ffff / size);
    new Int32Array(memory)[0] = positions - 2;
    expect(reader.recorded).toBe(positions - 2);
    const cursor = reader.cursor();
    for (let i = 0; i < 4; i++) writer[i % 2]!.ended(outcomeOf(`n${i}.`));
    expect(reader.recorded).toBe(positions + 2);
    expect(Array.from({ length: 4 }, () => cursor.next()?.name)).toEqual(["n0.", "n1.", "n2.", "n3."]);
    expect(reader.entry(positions + 1)?.name).toBe("n3.");
  });

  it("waits for a row that is being written, and passes one whose writer is gone", () => {
    let now = 0;
    const { reader, writer, memory } = rings(4, 2, undefined, () => now);
    const cursor = reader.cursor();
    writer[0]!.ended(outcomeOf("whole."));
    // A thread that is stopped between its claim and its stamp.
    new Int32Array(memory)[0]!++;
    writer[1]!.ended(outcomeOf("behind."));
    expect([cursor.next()?.name, cursor.next(), cursor.takeLost()]).toEqual(["whole.", undefined, 0]);
    now = 99;
    expect(cursor.next()).toBeUndefined();
    now = 100;
    expect([cursor.next()?.name, cursor.takeLost(), cursor.next()]).toEqual(["behind.", 1, undefined]);
  });

  it("wakes from whichever thread fills a quarter", () => {
    const { writer, reader } = rings(8, 2);
    const wake = vi.fn<() => void>();
    for (const one of writer) one.wakeEachQuarter(() => reader.wake());
    reader.wakeEachQuarter(wake);
    for (let i = 0; i < 8; i++) writer[i < 5 ? 0 : 1]!.ended(outcomeOf("a."));
    expect(wake).toHaveBeenCalledTimes(4);
  });

  it("records nothing when it has no rows", () => {
    const { reader, writer } = rings(0, 2);
    writer[0]!.ended(outcomeOf("a."));
    expect([reader.recorded, reader.cursor().next()]).toEqual([0, undefined]);
  });
});
