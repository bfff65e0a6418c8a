import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { AF_INET } from "../../src/listen/batch/layout.ts";
import { Outbox } from "../../src/listen/batch/outbox.ts";
import type { ClientQuery } from "../../src/listen/client-query.ts";
import type { DatagramPort } from "../../src/listen/datagrams.ts";
import { Sockets } from "../../src/listen/sockets.ts";
import { UdpProbe } from "../support/plain-client.ts";
import { rawQuery } from "../support/raw-query.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { TestHandler } from "./handlers.ts";
import { describeWays, libc } from "./ways.ts";

async function open(
  io: "dgram" | "batch",
  address: string = "127.0.0.1",
): Promise<{ door: DatagramPort; handler: TestHandler; client: () => UdpProbe }> {
  const handler = new TestHandler();
  const sockets = await Sockets.choose({ io, sharing: "alone" });
  const door = await sockets.udp(address, 0, handler);
  onTestFinished(() => door.close());
  return {
    door,
    handler,
    client: () => {
      const client = new UdpProbe(door.port, address);
      onTestFinished(() => client.close());
      return client;
    },
  };
}

/** The ids of the replies that come, in their order. */
async function ids(client: UdpProbe, count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) found.push((await client.receive()).bytes.readUInt16BE(0));
  return found;
}

/** Sends UDP datagrams to 127.0.0.1 with a header of the test's making, which takes root; null where that cannot be. */
const rawSocket = ((): { send: (packet: Uint8Array) => void; close: () => void } | null => {
  const SOCK_RAW = 3;
  const IPPROTO_UDP = 17;
  if (libc === null) return null;
  const { socket, close } = libc;
  const fd = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  if (fd < 0) return null;
  const outbox = new Outbox(libc, fd, AF_INET, false, false);
  return {
    send: (packet) => {
      outbox.bytes.set(packet, outbox.room());
      outbox.push(Buffer.from([AF_INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 0, packet.length);
      outbox.flush();
      if (outbox.refused > 0) throw new Error("the kernel did not take it");
    },
    close: () => close(fd),
  };
})();

afterAll(() => rawSocket?.close());

describeWays("a socket for datagrams", (io) => {
  it.each(["127.0.0.1", "::1"])(
    "answers each of many at once, each with its own question, on %s",
    async (address) => {
      const { client, handler, door } = await open(io, address);
      const [one, two] = [client(), client()];
      for (let id = 0; id < 150; id++) {
        one.send(rawQuery({ id, name: `one-${id}.test` }));
        two.send(rawQuery({ id: 1000 + id, name: `two-${id}.example` }));
      }
      for (const [asker, first, name] of [
        [one, 0, "one-"],
        [two, 1000, "two-"],
      ] as const) {
        const seen = new Set<number>();
        for (let left = 150; left > 0; left--) {
          const { bytes, address: from, port } = await asker.receive();
          const id = bytes.readUInt16BE(0);
          seen.add(id);
          expect({ from, port }).toEqual({ from: address, port: door.port });
          const text = `${name}${id - first}`;
          expect(bytes.subarray(13, 13 + text.length).toString()).toBe(text);
        }
        expect(seen.size).toBe(150);
      }
      expect(handler.seen).toBe(300);
    },
  );

  it("knows who asked", async () => {
    for (const address of ["127.0.0.1", "::1"]) {
      const { client, handler } = await open(io, address);
      handler.keep = true;
      const asker = client();
      asker.send(rawQuery());
      await until(() => handler.seen === 1);
      const query = handler.waiting[0]!;
      expect(query.clientAddress).toBe(address);
      handler.answer();
      await asker.receive();
      expect(query.clientPort).toBeGreaterThan(0);
    }
  });

  it("answers later, in any order, long after other queries came", async () => {
    const { client, handler } = await open(io);
    handler.keep = true;
    const [one, two] = [client(), client()];
    for (let id = 0; id < 40; id++) (id % 2 === 0 ? one : two).send(rawQuery({ id, name: `n${id}.test` }));
    await until(() => handler.seen === 40);
    const kept = handler.waiting.splice(0);
    handler.keep = false;
    const busy = client();
    for (let round = 0; round < 4; round++) {
      for (let id = 0; id < 64; id++)
        busy.send(rawQuery({ id, name: "a.much.longer.name.than.the.others.test" }));
      await ids(busy, 64);
    }
    handler.waiting.push(...kept.toReversed());
    while (handler.waiting.length > 0) handler.answer();
    for (const [asker, parity] of [
      [one, 0],
      [two, 1],
    ] as const) {
      for (let left = 20; left > 0; left--) {
        const { bytes } = await asker.receive();
        const id = bytes.readUInt16BE(0);
        expect(id % 2).toBe(parity);
        const text = `n${id}`;
        expect(bytes.subarray(13, 13 + text.length).toString()).toBe(text);
      }
    }
  });

  it("answers one query while another one is being handled", async () => {
    const { client, handler } = await open(io);
    handler.keep = true;
    const [one, two] = [client(), client()];
    one.send(rawQuery({ id: 1, name: "first.test" }));
    await until(() => handler.seen === 1);
    handler.handle = (query: ClientQuery): boolean => {
      handler.answer();
      query.retain();
      handler.waiting.push(query);
      return true;
    };
    two.send(rawQuery({ id: 2, name: "second.test" }));
    expect(await ids(one, 1)).toEqual([1]);
    await until(() => handler.waiting.length === 1);
    handler.answer();
    expect(await ids(two, 1)).toEqual([2]);
  });

  it("is not troubled by datagrams that are too short, too long or empty", async () => {
    const { client, handler } = await open(io);
    const readings: [number, number][] = [];
    handler.handle = (query, reading?: number): boolean => {
      readings.push([query.length, reading!]);
      return false;
    };
    const asker = client();
    for (const length of [0, 11, 12]) asker.send(Buffer.alloc(length));
    // An option of 5,000 bytes: a right query, but longer than any that there is.
    asker.send(rawQuery({ opt: { options: [{ code: 65_001, data: Buffer.alloc(5000) }] } }));
    asker.send(rawQuery({ opt: { options: [{ code: 65_001, data: Buffer.alloc(4000) }] } }));
    await until(() => readings.length === 5);
    expect(readings).toEqual([
      [0, 1],
      [11, 1],
      [12, 2],
      [4096, 2],
      [4045, 0],
    ]);
  });

  it.skipIf(rawSocket === null)("does not hear who can have no answer: port 0", async () => {
    const { client, handler, door } = await open(io);
    const query = rawQuery({ id: 1 });
    const header = Buffer.alloc(8);
    header.writeUInt16BE(door.port, 2);
    header.writeUInt16BE(8 + query.length, 4);
    rawSocket!.send(Buffer.concat([header, query]));
    header.writeUInt16BE(40_000, 0);
    rawSocket!.send(Buffer.concat([header, query]));
    await until(() => handler.seen === 1);
    expect((await client().ask(rawQuery({ id: 9 })))[1]).toBe(9);
    expect(handler.seen).toBe(2);
  });

  it("sends replies as large as they get", async () => {
    const { client, handler } = await open(io);
    handler.handle = (query): boolean => {
      const { door } = query;
      const room = door.room(1232);
      room.fill(query.id, door.roomAt, door.roomAt + 1232);
      door.send(query, 1232);
      return false;
    };
    const asker = client();
    for (let id = 1; id <= 20; id++) asker.send(rawQuery({ id }));
    const seen = new Set<number>();
    for (let left = 20; left > 0; left--) {
      const { bytes } = await asker.receive();
      expect(bytes).toEqual(Buffer.alloc(1232, bytes[0]));
      seen.add(bytes[0]!);
    }
    expect(seen.size).toBe(20);
  });

  it("goes on when clients have left before their answer came", async () => {
    const { client, handler, door } = await open(io);
    handler.keep = true;
    for (let i = 0; i < 5; i++) {
      const gone = createSocket("udp4").bind(0, "127.0.0.1");
      await once(gone, "listening");
      await new Promise((resolve) => gone.send(rawQuery(), door.port, "127.0.0.1", resolve));
      await until(() => handler.waiting.length === 1);
      gone.close();
      await once(gone, "close");
      handler.answer();
    }
    handler.keep = false;
    expect((await client().ask(rawQuery({ id: 9 })))[1]).toBe(9);
  });

  it("deaf, takes no more queries and still answers those it has", async () => {
    const { client, handler, door } = await open(io);
    handler.keep = true;
    const asker = client();
    asker.send(rawQuery({ id: 1 }));
    await until(() => handler.seen === 1);
    door.deafen();
    asker.send(rawQuery({ id: 2 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(handler.seen).toBe(1);
    handler.answer();
    expect(await ids(asker, 1)).toEqual([1]);
    await door.close();
  });

  it("closed, throws away answers that come later, and leaves its port free", async () => {
    const { client, handler, door } = await open(io);
    handler.keep = true;
    const { port } = door;
    const asker = client();
    asker.send(rawQuery({ id: 1 }));
    await until(() => handler.seen === 1);
    await door.close();
    await door.close();
    handler.answer();
    const other = createSocket("udp4").bind(port, "127.0.0.1");
    await once(other, "listening");
    expect(other.address().port).toBe(port);
    other.close();
  });
});
