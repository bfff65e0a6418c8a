import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { IDLE_TIMEOUT, TcpClient } from "../../src/listen/tcp-client.ts";
import { TcpDoor } from "../../src/listen/tcp-door.ts";
import { framed, TcpProbe } from "../support/plain-client.ts";
import { rawQuery } from "../support/raw-query.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { TestHandler } from "./handlers.ts";

async function open(): Promise<{ door: TcpDoor; handler: TestHandler; connect: () => Promise<TcpProbe> }> {
  const handler = new TestHandler();
  const door = await TcpDoor.open("127.0.0.1", 0, false, handler);
  onTestFinished(() => door.close(0));
  return {
    door,
    handler,
    connect: async () => {
      const client = await TcpProbe.connect(door.port);
      onTestFinished(() => client.close());
      return client;
    },
  };
}

/** A connection whose system takes what is written when it is told to. */
class Pipe extends Duplex {
  written = 0;
  #taken: (() => void) | null = null;

  constructor() {
    super({ allowHalfOpen: true });
  }

  setNoDelay(): void {}

  override _read(): void {}

  override _write(chunk: Buffer, _: string, taken: () => void): void {
    this.written += chunk.length;
    this.#taken = taken;
  }

  override _writev(chunks: { chunk: Buffer }[], taken: () => void): void {
    for (const { chunk } of chunks) this.written += chunk.length;
    this.#taken = taken;
  }

  accept(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }
}

/** Lets the event loop go on, in real time, while timers may be faked. */
const realTimeout = globalThis.setTimeout;
function breathe(ms: number = 30): Promise<void> {
  return new Promise((resolve) => {
    realTimeout(resolve, ms);
  });
}

describe("a client over TCP", () => {
  it("is answered out of order, and each of two queries with one id", async () => {
    const { handler, connect } = await open();
    const client = await connect();
    handler.keep = true;
    client.send(
      rawQuery({ id: 5, name: "a" }),
      rawQuery({ id: 5, name: "b" }),
      rawQuery({ id: 6, name: "c" }),
    );
    await until(() => handler.seen === 3);
    handler.waiting.reverse();
    while (handler.waiting.length > 0) handler.answer();
    const replies = [await client.receive(), await client.receive(), await client.receive()];
    expect(replies.map((one) => `${one[1]}${String.fromCharCode(one[13]!)}`)).toEqual(["6c", "5b", "5a"]);
  });

  it("has a query that waits hold its own bytes alone, not the chunk that it came in", async () => {
    const { handler, connect } = await open();
    const client = await connect();
    handler.keep = true;
    client.socket.write(framed(...Array.from({ length: 200 }, (_, id) => rawQuery({ id }))));
    await until(() => handler.seen === 200);
    for (const { bytes } of handler.waiting) expect(bytes.buffer.byteLength).toBe(30);
    while (handler.waiting.length > 0) handler.answer();
  });

  it("is read no further while 500 of its queries wait", async () => {
    const { handler, connect } = await open();
    const client = await connect();
    handler.keep = true;
    client.socket.end(framed(...Array.from({ length: 3000 }, (_, id) => rawQuery({ id }))));
    await until(() => handler.seen >= 500);
    await breathe();
    // However many came in one chunk.
    expect(handler.seen).toBe(500);
    handler.keep = false;
    while (handler.waiting.length > 0) handler.answer();
    await until(() => client.waiting === 3000);
    expect(await client.ended()).toBe("end");
    const ids = Array.from({ length: 3000 }, () => client.receive());
    expect(new Set((await Promise.all(ids)).map((reply) => reply.readUInt16BE(0))).size).toBe(3000);
  });

  it("is read no further while more than 64 KiB of answers wait to be taken", async () => {
    const pipe = new Pipe();
    const handler = new TestHandler();
    handler.answer = (): void => {
      const { door } = handler.waiting[0]!;
      door.room(10_000);
      door.send(handler.waiting.shift()!, 10_000);
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of a socket that is used
    const client = new TcpClient(pipe as unknown as Socket, handler, {
      mostHeld: Infinity,
      onGone: () => {},
    });
    pipe.push(framed(...Array.from({ length: 100 }, (_, id) => rawQuery({ id }))));
    pipe.push(framed(...Array.from({ length: 100 }, (_, id) => rawQuery({ id }))));
    await until(() => handler.seen > 0);
    await breathe();
    expect(handler.seen).toBe(7);
    for (let seen = 0; seen < 200; seen = handler.seen) {
      expect(pipe.writableLength).toBeLessThan(90_000);
      pipe.accept();
      await breathe(1);
    }
    while (pipe.writableLength > 0) {
      pipe.accept();
      await breathe(1);
    }
    expect(pipe.written).toBe(200 * 10_002);
    client.destroy();
  });

  it("that asks for more than it reads is cut off before its answers fill the memory", async () => {
    const { door, handler, connect } = await open();
    handler.keep = true;
    const greedy = await connect();
    const modest = await connect();
    greedy.socket.pause();
    greedy.send(...Array.from({ length: 400 }, (_, id) => rawQuery({ id })));
    modest.send(...Array.from({ length: 12 }, (_, id) => rawQuery({ id })));
    await until(() => handler.seen === 412);
    for (const query of handler.waiting.splice(0)) {
      query.door.room(65_535);
      query.door.send(query, 65_535);
    }
    await until(() => door.clients === 1 && modest.waiting === 12);
    expect(await modest.receive()).toHaveLength(65_535);
  });

  it("that sends a frame too short for a header is cut off", async () => {
    const { door, connect } = await open();
    for (const length of [0, 1, 11]) {
      const client = await connect();
      client.send(Buffer.alloc(length));
      expect(["end", "ECONNRESET", "close"]).toContain(await client.ended());
    }
    await until(() => door.clients === 0);
  });

  it("that resets while its queries wait does no harm", async () => {
    const { door, handler, connect } = await open();
    handler.keep = true;
    const client = await connect();
    client.send(rawQuery(), rawQuery());
    await until(() => handler.seen === 2);
    client.socket.resetAndDestroy();
    await until(() => door.clients === 0);
    handler.answer();
    handler.answer();
    handler.keep = false;
    expect((await (await connect()).ask(rawQuery()))[3]! & 15).toBe(3);
  });

  it("that was gone before it was accepted is not heard: nobody knows who asked", async () => {
    const { door, handler } = await open();
    const query = framed(rawQuery()).toString("hex");
    const script = `const s=require("net").connect(${door.port},"127.0.0.1",()=>{s.write(Buffer.from("${query}","hex"),()=>{s.resetAndDestroy()})})`;
    const child = spawn(process.execPath, ["-e", script]);
    const over = once(child, "exit");
    // The other process connects, asks and resets while this one does not look.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    await over;
    await breathe(100);
    expect(handler.seen).toBe(0);
    expect(door.clients).toBe(0);
  });
});

describe("an idle client over TCP", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** As much time as is given passes for the server's timers, and then what this sets off is seen by the client. */
  async function pass(ms: number): Promise<void> {
    await breathe();
    vi.advanceTimersByTime(ms);
    await breathe();
  }

  it("is closed after the idle time, politely", async () => {
    const { door, connect } = await open();
    const client = await connect();
    await pass(IDLE_TIMEOUT - 10);
    expect(client.socket.readableEnded).toBe(false);
    await pass(20);
    expect(client.socket.readableEnded).toBe(true);
    client.socket.end();
    await breathe();
    expect(door.clients).toBe(0);
  });

  it("that keeps its side open gets no second idle time", async () => {
    const { door, connect } = await open();
    await connect();
    await pass(IDLE_TIMEOUT + 10);
    expect(door.clients).toBe(1);
    await pass(2010);
    expect(door.clients).toBe(0);
  });

  it("is kept by whole messages and not by bytes", async () => {
    const { connect } = await open();
    const whole = await connect();
    const slow = await connect();
    const bytes = framed(rawQuery());
    for (let i = 0; i < 3; i++) {
      await pass(IDLE_TIMEOUT * 0.45);
      whole.socket.write(bytes);
      slow.socket.write(bytes.subarray(i, i + 1));
    }
    await pass(10);
    expect(slow.socket.readableEnded).toBe(true);
    expect(whole.socket.readableEnded).toBe(false);
    expect(whole.waiting).toBe(3);
  });

  it("is kept while an answer is on its way", async () => {
    const { handler, connect } = await open();
    handler.keep = true;
    const client = await connect();
    client.send(rawQuery());
    await pass(IDLE_TIMEOUT + 10);
    expect(client.socket.readableEnded).toBe(false);
    handler.answer();
    await breathe();
    expect(client.waiting).toBe(1);
    await pass(IDLE_TIMEOUT + 10);
    expect(client.socket.readableEnded).toBe(true);
  });

  it("that never reads is cut off", async () => {
    const { door, handler, connect } = await open();
    const client = await connect();
    client.socket.pause();
    const many = Buffer.concat(Array.from({ length: 2000 }, () => framed(rawQuery())));
    for (let i = 0; i < 400; i++) client.socket.write(many);
    let before = -1;
    while (handler.seen !== before) {
      before = handler.seen;
      await breathe(100);
    }
    expect(handler.seen).toBeLessThan(800_000);
    expect(door.clients).toBe(1);
    // On a busy machine what it had sent may still be read meanwhile, which begins the time anew.
    for (let left = 20; left > 0 && door.clients > 0; left--) await pass(IDLE_TIMEOUT + 10);
    expect(door.clients).toBe(0);
  });
});
