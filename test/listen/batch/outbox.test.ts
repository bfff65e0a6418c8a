import { describe, expect, it, vi } from "vitest";
import type { Libc } from "../../../src/listen/batch/libc.ts";
import {
  AF_INET,
  Cmsghdr,
  Errno,
  Iovec,
  Mmsghdr,
  SockaddrIn,
  SOL_UDP,
  UDP_SEGMENT,
} from "../../../src/listen/batch/layout.ts";
import { Outbox } from "../../../src/listen/batch/outbox.ts";

/** An outbox on a kernel that answers as told: a count of messages that it takes, or an errno. Then it takes all. */
function make(answers: readonly (number | keyof typeof Errno)[] = [], joins = false) {
  const left = [...answers];
  const sent: number[] = [];
  const calls: number[] = [];
  /** Of each message that was sent: the first byte of each of its datagrams, and how long they are said to be. */
  const messages: { datagrams: number[]; segment: number | null }[] = [];
  let errno = 0;
  const memories = new Map<number, DataView>();
  const view = (address: number): [DataView, number] => {
    const base = Math.floor(address / 1_000_000) * 1_000_000;
    return [memories.get(base)!, address - base];
  };
  const pointer = (address: number): number => {
    const [memory, at] = view(address);
    return Number(memory.getBigUint64(at, true));
  };
  const read = (header: number): void => {
    const [memory, at] = view(header);
    const vectors = pointer(header + Mmsghdr.VECTORS);
    const datagrams: number[] = [];
    const lengths = new Set<number>();
    for (let i = 0; i < memory.getUint32(at + Mmsghdr.VECTOR_COUNT, true); i++) {
      const [bytes, payload] = view(pointer(vectors + i * Iovec.SIZE));
      datagrams.push(bytes.getUint8(payload));
      lengths.add(pointer(vectors + i * Iovec.SIZE + Iovec.LENGTH));
    }
    let segment: number | null = null;
    if (memory.getUint32(at + Mmsghdr.CONTROL_LENGTH, true) > 0) {
      const [control, from] = view(pointer(header + Mmsghdr.CONTROL));
      expect(control.getInt32(from + Cmsghdr.LEVEL, true)).toBe(SOL_UDP);
      expect(control.getInt32(from + Cmsghdr.TYPE, true)).toBe(UDP_SEGMENT);
      segment = control.getUint16(from + Cmsghdr.DATA, true);
      expect([...lengths]).toEqual([segment]);
    }
    sent.push(...datagrams);
    messages.push({ datagrams, segment });
  };
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
      const answer = left.shift() ?? count;
      if (typeof answer === "string") {
        errno = Errno[answer];
        return -1;
      }
      const taken = Math.min(answer, count);
      for (let i = 0; i < taken; i++) read(headers + i * Mmsghdr.SIZE);
      return taken;
    },
    errno: () => errno,
    scratch: new DataView(new ArrayBuffer(0)),
    scratchAt: 0,
    address: (given) => {
      const base = (memories.size + 1) * 1_000_000;
      memories.set(base, new DataView(given));
      return base;
    },
  };
  const outbox = new Outbox(libc, 3, AF_INET, false, joins);
  const route = new Uint8Array(16);
  const pushTo = (port: number, length: number, ...bytes: number[]): void => {
    route[SockaddrIn.PORT] = port;
    for (const byte of bytes) {
      outbox.bytes[outbox.room()] = byte;
      outbox.push(route, 0, length);
    }
  };
  const push = (...bytes: number[]): void => pushTo(1, 1, ...bytes);
  return { outbox, push, pushTo, sent: () => sent, calls, messages };
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
    const { outbox, push, sent } = make([2, 1]);
    push(1, 2, 3, 4, 5);
    outbox.flush();
    expect(sent()).toEqual([1, 2, 3, 4, 5]);
    expect(outbox.refused).toBe(0);
  });

  it("do not suffer from one that cannot be sent, which is counted", () => {
    const { outbox, push, sent } = make([1, "EPERM", "EINTR"]);
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
        const { outbox, push, sent } = make([1, code, code]);
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
      const { outbox, push, sent } = make(Array.from({ length: 200 }, () => "EAGAIN" as const));
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
      const { outbox, push, sent, calls } = make(["EAGAIN"]);
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

describe("replies that leave in one message", () => {
  it("are those of one length to one client, in their order, whoever stands between them", () => {
    const { outbox, pushTo, messages, calls } = make([], true);
    pushTo(1, 50, 1);
    pushTo(2, 50, 2);
    pushTo(1, 50, 3);
    pushTo(1, 51, 4);
    pushTo(2, 50, 5);
    pushTo(1, 50, 6);
    outbox.flush();
    expect(calls).toEqual([3]);
    expect(messages).toEqual([
      { datagrams: [1, 3, 6], segment: 50 },
      { datagrams: [2, 5], segment: 50 },
      { datagrams: [4], segment: null },
    ]);
  });

  it("are no more than an IP packet holds", () => {
    const { outbox, pushTo, messages } = make([], true);
    pushTo(1, 1232, ...many(0, 64));
    outbox.flush();
    expect(messages.map(({ datagrams }) => datagrams.length)).toEqual([52, 12]);
  });

  it("do without where there is only one", () => {
    const { outbox, push, messages } = make([], true);
    push(1);
    outbox.flush();
    expect(messages).toEqual([{ datagrams: [1], segment: null }]);
  });

  it("are sent from where the kernel stopped, and those that came meanwhile behind them", () => {
    vi.useFakeTimers();
    try {
      const { outbox, pushTo, sent } = make([1, "EAGAIN"], true);
      pushTo(1, 50, 1, 2);
      pushTo(2, 50, 3, 4);
      outbox.flush();
      expect(sent()).toEqual([1, 2]);
      pushTo(1, 50, 5, 6);
      vi.advanceTimersByTime(1);
      expect(sent()).toEqual([1, 2, 3, 4, 5, 6]);
      expect(outbox.waiting).toBe(false);
      expect(outbox.refused).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(["EIO", "EINVAL", "EMSGSIZE"] as const)(
    "go one by one, then and for good, when their way cannot carry them together (%s)",
    (code) => {
      const { outbox, push, messages } = make([code], true);
      push(1, 2, 3);
      outbox.flush();
      push(4, 5);
      outbox.flush();
      expect(messages.map(({ datagrams }) => datagrams)).toEqual([[1], [2], [3], [4], [5]]);
      expect(outbox.refused).toBe(0);
    },
  );

  it("are each counted when none of them can be sent, and do not harm those to others", () => {
    const { outbox, pushTo, sent } = make(["EPERM", "EPERM", "EPERM"], true);
    pushTo(1, 50, 1, 2);
    pushTo(2, 50, 3, 4);
    outbox.flush();
    expect(sent()).toEqual([3, 4]);
    expect(outbox.refused).toBe(2);
  });

  it("that still wait when it is closed are counted, those that were sent are not", () => {
    const { outbox, pushTo } = make([1, "EAGAIN"], true);
    pushTo(1, 50, 1, 2);
    pushTo(2, 50, 3, 4, 5);
    outbox.flush();
    pushTo(3, 50, 6);
    outbox.close();
    expect(outbox.refused).toBe(4);
  });
});
