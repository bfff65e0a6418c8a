import { describe, expect, it, onTestFinished } from "vitest";
import { TcpDoor } from "../../src/listen/tcp-door.ts";
import { TcpProbe } from "../support/plain-client.ts";
import { rawQuery } from "../support/raw-query.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { TestHandler } from "./handlers.ts";

async function open(): Promise<{ door: TcpDoor; handler: TestHandler }> {
  const handler = new TestHandler();
  const door = await TcpDoor.open("127.0.0.1", 0, false, handler);
  onTestFinished(() => door.close(0));
  return { door, handler };
}

async function connect(door: TcpDoor): Promise<TcpProbe> {
  const client = await TcpProbe.connect(door.port);
  onTestFinished(() => client.close());
  return client;
}

describe("a door for TCP", () => {
  it("keeps 250 connections of one address: those that were quiet for the longest make room", async () => {
    const { door } = await open();
    const clients: TcpProbe[] = [];
    for (let i = 0; i < 250; i++) clients.push(await connect(door));
    await clients[0]!.ask(rawQuery());
    const more = [await connect(door), await connect(door)];
    for (const client of more) expect((await client.ask(rawQuery()))[3]! & 15).toBe(3);
    await until(() => door.clients === 250);
    // The first has asked since; the second and the third had not.
    expect(await clients[1]!.ended()).not.toBe("");
    expect(await clients[2]!.ended()).not.toBe("");
    expect((await clients[0]!.ask(rawQuery()))[3]! & 15).toBe(3);
    expect((await clients[249]!.ask(rawQuery()))[3]! & 15).toBe(3);
  });

  it("keeps who waits for an answer, and turns the newcomer away when all do", async () => {
    const { door, handler } = await open();
    handler.keep = true;
    const clients: TcpProbe[] = [];
    for (let i = 0; i < 250; i++) {
      const client = await connect(door);
      client.send(rawQuery());
      clients.push(client);
    }
    await until(() => handler.seen === 250);
    const late = await connect(door);
    expect(await late.ended()).not.toBe("");
    while (handler.waiting.length > 0) handler.answer();
    for (const client of clients) expect((await client.receive())[3]! & 15).toBe(3);
  });

  it("closed without patience cuts all connections", async () => {
    const { door } = await open();
    const client = await connect(door);
    await until(() => door.clients === 1);
    await door.close(0);
    await until(() => door.clients === 0);
    expect(await client.ended()).not.toBe("");
  });

  it("deaf, accepts nobody, answers what it has, then ends", async () => {
    const { door, handler } = await open();
    handler.keep = true;
    const busy = await connect(door);
    const idle = await connect(door);
    busy.send(rawQuery({ id: 1 }));
    await until(() => handler.seen === 1);
    const { port } = door;
    door.deafen();
    expect(await idle.ended()).toBe("end");
    await expect(TcpProbe.connect(port)).rejects.toThrow("ECONNREFUSED");
    busy.send(rawQuery({ id: 2 }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(handler.seen).toBe(1);
    handler.answer();
    expect((await busy.receive())[1]).toBe(1);
    expect(await busy.ended()).toBe("end");
    idle.socket.end();
    busy.socket.end();
    await door.close(1000);
    await until(() => door.clients === 0);
  });
});
