import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DNSTAP_COUNTS, DnstapCount } from "../../../src/observe/dnstap/counts.ts";
import { DnstapStream } from "../../../src/observe/dnstap/dnstap-stream.ts";
import { Control, controlFrame } from "../../../src/observe/dnstap/frame-stream.ts";
import { MessageType, MessageWriter, type TapMessage } from "../../../src/observe/dnstap/message.ts";
import { temporaryFolder } from "../../support/peers/process.ts";
import { logSpy } from "../log-spy.ts";
import { decodeTap, payloadsOf } from "./decode.ts";

/** A reader of frame streams that answers as it is told. */
class Reader {
  readonly server: Server;
  readonly sockets: Socket[] = [];
  /** What came on each connection. */
  readonly heard: Buffer[] = [];
  /** What READY, then STOP, are answered with. */
  answers: [ready: Buffer | null, stop: Buffer | null] = [
    controlFrame(Control.ACCEPT),
    controlFrame(Control.FINISH),
  ];

  constructor() {
    this.server = createServer((socket) => {
      const at = this.sockets.push(socket) - 1;
      this.heard.push(Buffer.alloc(0));
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        const first = this.heard[at]!.length === 0;
        this.heard[at] = Buffer.concat([this.heard[at]!, bytes]);
        const [ready, stop] = this.answers;
        if (first && ready !== null) socket.write(ready);
        if (bytes.subarray(-12).equals(controlFrame(Control.STOP)) && stop !== null) socket.write(stop);
      });
    });
  }

  /** The numbers of the messages that came on a connection. */
  numbers(at: number): number[] {
    let rest = this.heard[at]!;
    for (const type of [Control.READY, Control.START]) {
      const frame = controlFrame(type);
      if (!rest.subarray(0, frame.length).equals(frame)) throw new Error(`no control frame ${type}`);
      rest = rest.subarray(frame.length);
    }
    const stop = controlFrame(Control.STOP);
    if (rest.subarray(-stop.length).equals(stop)) rest = rest.subarray(0, -stop.length);
    return payloadsOf(rest).map((payload) => (decodeTap(payload).fields.get(10) as Buffer).readUInt32BE(0));
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

const bytes = Buffer.alloc(1000);
const message: TapMessage = {
  type: MessageType.CLIENT_QUERY,
  wire: 1,
  queryAddress: null,
  responseAddress: null,
  queryPort: 0,
  responsePort: 0,
  queryTime: 1,
  responseTime: 0,
  bytes,
  start: 0,
  end: 1000,
};

let folder: string;
let path: string;
let reader: Reader;
let counts: Float64Array;
let lines: ReturnType<typeof logSpy>["lines"];
let streams: DnstapStream[];

beforeEach(() => {
  folder = temporaryFolder().path;
  path = join(folder, "tap.sock");
  reader = new Reader();
  counts = new Float64Array(DNSTAP_COUNTS);
  streams = [];
});
afterEach(async () => {
  for (const stream of streams) await stream.stop();
  reader.close();
  rmSync(folder, { recursive: true, force: true });
});

function streamTo(
  target: { path: string } | { address: string; port: number },
  buffer = 1 << 20,
): DnstapStream {
  const spy = logSpy();
  ({ lines } = spy);
  const writer = new MessageWriter("here", "dotls");
  const stream = new DnstapStream({ target, label: "the reader", writer, buffer, counts, log: spy.log });
  streams.push(stream);
  return stream;
}

function push(stream: DnstapStream, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    bytes.writeUInt32BE(i);
    stream.push(message);
  }
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const sent = (): number => counts[DnstapCount.SENT]!;
const dropped = (): number => counts[DnstapCount.DROPPED]!;
const isConnected = (): void => expect(counts[DnstapCount.CONNECTED]).toBe(1);

describe("a stream to a reader", () => {
  it.each(["unix", "tcp"])(
    "is shaken hands, filled and ended as Frame Streams have it (%s)",
    async (kind) => {
      reader.server.listen(kind === "unix" ? { path } : { port: 0, host: "127.0.0.1" });
      await once(reader.server, "listening");
      const address = reader.server.address() as { port: number };
      const stream = streamTo(kind === "unix" ? { path } : { address: "127.0.0.1", port: address.port });
      stream.start();
      push(stream, 0, 3);
      await vi.waitFor(isConnected, { timeout: 5000 });
      push(stream, 3, 300);
      await vi.waitFor(() => expect(reader.numbers(0)).toEqual(upTo(0, 300)), { timeout: 5000 });
      push(stream, 300, 310);
      await stream.stop();
      expect(reader.numbers(0)).toEqual(upTo(0, 310));
      expect(reader.heard[0]!.subarray(-12).equals(controlFrame(Control.STOP))).toBe(true);
      expect([sent(), dropped(), counts[DnstapCount.CONNECTED]]).toEqual([310, 0, 0]);
      expect(lines).toEqual([]);
    },
  );

  it("keeps what fits while the reader is away, drops and counts the rest, and says once that it is away", async () => {
    const stream = streamTo({ path }, 256 * 1024);
    stream.start();
    push(stream, 0, 1000);
    const lost = dropped();
    expect(lost).toBeGreaterThan(700);
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 5000 });
    reader.server.listen(path);
    await vi.waitFor(isConnected, { timeout: 10_000 });
    await vi.waitFor(() => expect(reader.numbers(0)).toEqual(upTo(0, 1000 - lost)), { timeout: 5000 });
    await vi.waitFor(() => expect(sent()).toBe(1000 - lost), { timeout: 5000 });
    expect(lines.map(({ level, message: text }) => `${level}: ${text}`)).toEqual([
      "warn: dnstap: the reader cannot be reached; queries go on",
      "info: dnstap goes to the reader again",
    ]);
  });

  it("never takes more memory than it may for a reader that stops to read", async () => {
    reader.server.listen(path);
    const stream = streamTo({ path }, 512 * 1024);
    stream.start();
    await vi.waitFor(isConnected, { timeout: 5000 });
    reader.sockets[0]!.pause();
    for (let round = 0; round < 20; round++) {
      push(stream, round * 200, (round + 1) * 200);
      await pause(5);
    }
    expect(dropped()).toBeGreaterThan(2000);
    expect(lines.map(({ message: text }) => text)).toEqual([
      "dnstap: messages come faster than the reader reads them, and are dropped",
    ]);
    reader.sockets[0]!.resume();
    await vi.waitFor(() => expect(sent() + dropped()).toBe(4000), { timeout: 5000 });
    // What was sent may still be on its way to the reader.
    await vi.waitFor(() => expect(reader.numbers(0)).toHaveLength(sent()), { timeout: 5000 });
    // There is room again.
    push(stream, 4000, 4001);
    await vi.waitFor(() => expect(reader.numbers(0).at(-1)).toBe(4000), { timeout: 5000 });
  });

  it("comes back when the reader went away in the middle", async () => {
    reader.server.listen(path);
    const stream = streamTo({ path });
    stream.start();
    await vi.waitFor(isConnected, { timeout: 5000 });
    push(stream, 0, 10);
    await vi.waitFor(() => expect(reader.numbers(0)).toEqual(upTo(0, 10)), { timeout: 5000 });
    reader.sockets[0]!.destroy();
    await vi.waitFor(() => expect(counts[DnstapCount.CONNECTED]).toBe(0), { timeout: 5000 });
    push(stream, 10, 20);
    await vi.waitFor(() => expect(reader.heard).toHaveLength(2), { timeout: 10_000 });
    await vi.waitFor(() => expect(reader.numbers(1)).toEqual(upTo(10, 20)), { timeout: 5000 });
  });

  it.each([
    [
      "no frame stream",
      Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
      "what answers is no reader of frame streams",
    ],
    ["an unexpected frame", controlFrame(Control.STOP), "the reader does not keep to the handshake"],
    ["the end at once", controlFrame(Control.FINISH), "the reader has finished"],
  ])("gives up on a reader that answers with %s, and tries again later", async (_what, answer, reason) => {
    reader.answers[0] = answer;
    reader.server.listen(path);
    const stream = streamTo({ path });
    stream.start();
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 5000 });
    expect(lines[0]).toMatchObject({ level: "warn", fields: { error: reason } });
    expect(reader.heard[0]!.equals(controlFrame(Control.READY))).toBe(true);
    reader.answers[0] = controlFrame(Control.ACCEPT);
    push(stream, 0, 1);
    await vi.waitFor(isConnected, { timeout: 10_000 });
    await vi.waitFor(() => expect(reader.numbers(1)).toEqual([0]), { timeout: 5000 });
  });

  it("ends within its time when the reader says nothing at the end, or was never there", async () => {
    reader.answers[1] = null;
    reader.server.listen(path);
    const stream = streamTo({ path });
    stream.start();
    await vi.waitFor(isConnected, { timeout: 5000 });
    const nowhere = streamTo({ path: join(folder, "none.sock") });
    nowhere.start();
    push(nowhere, 0, 5);
    const began = performance.now();
    await Promise.all([stream.stop(), nowhere.stop()]);
    expect(performance.now() - began).toBeLessThan(4000);
    expect(dropped()).toBe(5);
    push(nowhere, 0, 1);
    expect(dropped()).toBe(6);
  });
});
