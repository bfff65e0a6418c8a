import { describe, expect, it, vi } from "vitest";
import type { Libc } from "../../../src/listen/batch/libc.ts";
import { AF_INET, Errno, Mmsghdr } from "../../../src/listen/batch/layout.ts";
import { Outbox } from "../../../src/listen/batch/outbox.ts";

/** Where the memory of an outbox is said to be. */
const BASE = 1_000_000;

/** An outbox on a kernel that answers as told: a count of datagrams that it takes, or an errno. Then it takes all. */
function make(...answers: (number | keyof typeof Errno)[]): {
  outbox: Outbox;
  push: (...bytes: number[]) => void;
  sent: () => number[];
  calls: number[];
} {
  const sent: number[] = [];
  const calls: number[] = [];
  let errno = 0;
  let memory = new ArrayBuffer(0);
  const none = (): never => {
    throw new Error("not for an outbox");
  };
  const libc: Libc = {
    socket: none,
    bind: none,
    connect: none,
    getsockname: none,
    setsockopt: none,
    close: none,
    dup3: none,
    epollCreate: none,
    epollCtl: none,
    parseAddress: none,
    interfaceIndex: none,
    recvmmsg: none,
    sendmmsg: (_fd, headers, count) => {
      calls.push(count);
      const answer = answers.shift() ?? count;
      if (typeof answer === "string") {
        errno = Errno[answer];
        return -1;
      }
      const view = new DataView(memory);
      const taken = Math.min(answer, count);
      for (let i = 0; i < taken; i++) {
        const vectors =
          Number(view.getBigUint64(headers - BASE + i * Mmsghdr.SIZE + Mmsghdr.VECTORS, true)) - BASE;
        const at = Number(view.getBigUint64(vectors, true)) - BASE;
        expect(view.getUint32(vectors + 8, true)).toBe(1);
        sent.push(view.getUint8(at));
      }
      return taken;
    },
    errno: () => errno,
    scratch: new DataView(new ArrayBuffer(0)),
    scratchAt: 0,
    address: (given) => {
      memory = given;
      return BASE;
    },
  };
  const outbox = new Outbox(libc, 3, AF_INET, false);
  const route = new Uint8Array(16);
  return {
    outbox,
    push: (...bytes) => {
      for (const byte of bytes) {
        outbox.bytes[outbox.room()] = byte;
        outbox.push(route, 0, 1);
      }
    },
    sent: () => sent,
    calls,
  };
}

const many = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe("replies that leave in one call", () => {
  it("are all that wait, and the next ones find the room free", () => {
    const { outbox, push, sent, calls } = make();
    push(1, 2, 3);
    outbox.flush();
    push(4);
    outbox.flush();
    outbox.flush();
    expect(sent()).toEqual([1, 2, 3, 4]);
    expect(calls).toEqual([3, 1]);
    expect(outbox.refused).toBe(0);
  });

  it("are 64 at the most: the next one waits for no end of the turn", () => {
    const { outbox, push, sent, calls } = make();
    push(...many(0, 65));
    expect(calls).toEqual([64]);
    outbox.flush();
    expect(sent()).toEqual(many(0, 65));
  });

  it("are sent from where the kernel stopped", () => {
    const { outbox, push, sent } = make(2, 1);
    push(1, 2, 3, 4, 5);
    outbox.flush();
    expect(sent()).toEqual([1, 2, 3, 4, 5]);
    expect(outbox.refused).toBe(0);
  });

  it("do not suffer from one that cannot be sent, which is counted", () => {
    const { outbox, push, sent } = make(1, "EPERM", "EINTR");
    push(1, 2, 3, 4);
    outbox.flush();
    expect(sent()).toEqual([1, 3, 4]);
    expect(outbox.refused).toBe(1);
  });

  it.each(["EAGAIN", "ENOBUFS"] as const)(
    "wait for room when there is none (%s), and leave in their order",
    (code) => {
      vi.useFakeTimers();
      try {
        const { outbox, push, sent } = make(1, code, code);
        push(1, 2, 3);
        outbox.flush();
        expect(sent()).toEqual([1]);
        expect(outbox.waiting).toBe(true);
        push(4);
        vi.advanceTimersByTime(1);
        expect(sent()).toEqual([1]);
        vi.advanceTimersByTime(1);
        expect(sent()).toEqual([1, 2, 3, 4]);
        expect(outbox.waiting).toBe(false);
        expect(outbox.refused).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it("that find no room for long are counted, and do not harm those that wait", () => {
    vi.useFakeTimers();
    try {
      const { outbox, push, sent } = make(...Array.from({ length: 200 }, () => "EAGAIN" as const));
      push(...many(0, 100));
      expect(outbox.refused).toBe(36);
      vi.advanceTimersByTime(1000);
      expect(sent()).toEqual(many(0, 64));
      push(200);
      outbox.flush();
      expect(sent().at(-1)).toBe(200);
      expect(outbox.refused).toBe(36);
    } finally {
      vi.useRealTimers();
    }
  });

  it("that still wait when it is closed are counted, and nothing is tried any more", () => {
    vi.useFakeTimers();
    try {
      const { outbox, push, sent, calls } = make("EAGAIN");
      push(1, 2);
      outbox.flush();
      outbox.close();
      vi.advanceTimersByTime(1000);
      outbox.flush();
      expect(sent()).toEqual([]);
      expect(calls).toEqual([2]);
      expect(outbox.refused).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
