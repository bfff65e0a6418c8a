import net from "node:net";
import { describe, expect, test } from "vitest";
import { makeQuery } from "../dot-client.ts";
import { connect, start, until } from "./fixture.ts";

const ids = (answers: readonly Buffer[]): number[] => answers.map((answer) => answer.readUInt16BE(0));
const queries = (...numbers: readonly number[]): Buffer[] =>
  numbers.map((id) => makeQuery(`n${id}.test`, { id }));

describe("writing", () => {
  test("answers that are ready together leave together; merge 1 parts them, merge 3 waits for three", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    client.send(...queries(1, 2, 3));
    await client.receive(3);
    expect(client.chunks.splice(0)).toHaveLength(1);
    expect(upstream.counters).toMatchObject({ writes: 1, reads: 1, mostQueriesInOneRead: 3 });
    upstream.set({ merge: 1 });
    client.send(...queries(1, 2, 3));
    await client.receive(3);
    expect(upstream.counters.writes).toBe(4);
    upstream.set({ merge: 3 });
    client.send(...queries(1));
    await expect(client.receive(1, 20)).rejects.toThrow("nothing more");
    client.send(...queries(2, 3));
    expect(ids(await client.receive(3))).toEqual([1, 2, 3]);
    expect(upstream.counters.writes).toBe(5);
  });

  test("reorder sends the last first, and what has no company after a while", async () => {
    const client = await connect(await start({ reorder: 3, collectFor: 30 }));
    client.send(...queries(1, 2, 3, 4));
    expect(ids(await client.receive(4))).toEqual([3, 2, 1, 4]);
  });

  test("swap gives each answer the id of the other", async () => {
    const client = await connect(await start({ swap: true }));
    client.send(...queries(1, 2));
    const answers = await client.receive(2);
    expect(ids(answers)).toEqual([2, 1]);
    expect(answers.map((answer) => answer.toString("latin1", 13, 15))).toEqual(["n1", "n2"]);
  });

  test("split 1 makes a TLS record of each byte", async () => {
    const client = await connect(await start({ split: 1 }));
    const [answer] = [await client.ask(makeQuery("a.test"))];
    expect(client.chunks).toEqual(Array.from({ length: answer.length + 2 }, () => 1));
  });

  test("split at offsets, with a pause", async () => {
    const client = await connect(await start({ split: [1, 5], splitPause: 20 }));
    const before = performance.now();
    const answer = await client.ask(makeQuery("a.test"));
    expect(client.chunks).toEqual([1, 4, answer.length + 2 - 5]);
    expect(performance.now() - before).toBeGreaterThan(35);
  });
});

describe("the life of connections", () => {
  test.each(["fin", "rst"] as const)("close after 2 answers with %s", async (closeWith) => {
    const upstream = await start({ closeAfter: 2, closeWith });
    const client = await connect(upstream);
    client.send(...queries(1, 2, 3));
    expect(ids(await client.receive(2))).toEqual([1, 2]);
    await expect(client.receive(1)).rejects.toThrow("ended");
    await until(() => upstream.counters.open === 0);
    expect(upstream.counters).toMatchObject({
      queries: 3,
      answers: 2,
      inFlight: 0,
      queriesPerConnection: [3],
    });
  });

  test("close after answers that are written in pieces", async () => {
    const client = await connect(await start({ closeAfter: 1, split: 7 }));
    expect((await client.ask(makeQuery("a.test"))).length).toBe(40);
    expect(await client.ended()).toBe("end");
  });

  test("close with three in flight, on the first connection only", async () => {
    const upstream = await start({ connection: (number) => (number === 1 ? { closeInFlight: 3 } : {}) });
    const client = await connect(upstream);
    client.send(...queries(1, 2));
    await expect(client.receive(1, 40)).rejects.toThrow("nothing more");
    client.send(...queries(3));
    expect(await client.ended()).toBe("end");
    const second = await connect(upstream);
    second.send(...queries(1, 2, 3));
    await second.receive(3);
    expect(upstream.counters).toMatchObject({ queries: 6, answers: 3, connections: 2, mostInFlight: 3 });
  });

  test("RST with queries in flight is seen as ECONNRESET", async () => {
    const upstream = await start({ closeInFlight: 1, closeWith: "rst" });
    const client = await connect(upstream);
    client.send(...queries(1));
    expect(await client.ended()).toBe("ECONNRESET");
  });

  test("close when idle", async () => {
    const client = await connect(await start({ idle: 60 }));
    await client.ask(makeQuery("a.test"));
    const before = performance.now();
    expect(await client.ended()).toBe("end");
    expect(performance.now() - before).toBeGreaterThan(40);
  });

  test("silence on old connections, service on new ones", async () => {
    const upstream = await start();
    const old = await connect(upstream);
    await old.ask(makeQuery("a.test"));
    upstream.silenceOld();
    old.send(makeQuery("b.test"));
    const fresh = await connect(upstream);
    await fresh.ask(makeQuery("b.test"));
    await expect(old.receive(1, 40)).rejects.toThrow("nothing more");
    upstream.set({ silent: true });
    fresh.send(makeQuery("c.test"));
    await expect(fresh.receive(1, 40)).rejects.toThrow("nothing more");
    expect(upstream.counters).toMatchObject({ queries: 4, answers: 2, inFlight: 2 });
  });

  test("a paused connection reads nothing, and all of it later", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    await client.ask(makeQuery("a.test"));
    upstream.connections[0]!.pause();
    client.send(makeQuery("b.test"));
    await expect(client.receive(1, 40)).rejects.toThrow("nothing more");
    expect(upstream.counters.queries).toBe(1);
    upstream.connections[0]!.resume();
    await client.receive();
  });

  test("bytes can be pushed onto a connection", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    await until(() => upstream.counters.handshakes === 1);
    upstream.connections[0]!.write(Uint8Array.of(0, 2, 7, 7));
    expect(await client.receive()).toEqual([Buffer.of(7, 7)]);
  });

  test("refuse, and come back on the same port", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    const { port } = upstream;
    await upstream.refuse();
    expect(["ECONNRESET", "end"]).toContain(await client.ended());
    await expect(connect(upstream)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await upstream.listen();
    expect(upstream.port).toBe(port);
    await (await connect(upstream)).ask(makeQuery("a.test"));
  });

  test("refuse new connections and keep the old", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    await upstream.refuse({ keepOpen: true });
    await expect(connect(upstream)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await client.ask(makeQuery("a.test"));
    await upstream.listen();
    await connect(upstream);
  });

  test("closing takes all connections with it", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    const file = upstream.caFile();
    await upstream.close();
    await client.ended();
    expect(upstream.counters.open).toBe(0);
    await expect(import("node:fs/promises").then((fs) => fs.stat(file))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});

describe("before the handshake", () => {
  function plain(port: number): { socket: net.Socket; got: Promise<string> } {
    const socket = net.connect(port, "127.0.0.1");
    socket.write("0123456789");
    const got = new Promise<string>((resolve) => {
      let all = "";
      socket.on("data", (chunk) => (all += chunk.toString("latin1")));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code!));
      socket.on("end", () => resolve(all));
    });
    return { socket, got };
  }

  test("never: TCP is accepted and its bytes are counted", async () => {
    const upstream = await start({ handshake: "never" });
    const { socket, got } = plain(upstream.port);
    await until(() => upstream.counters.rawBytes === 10);
    expect(Buffer.concat(upstream.counters.rawData).toString()).toBe("0123456789");
    expect(await Promise.race([got, Promise.resolve("nothing")])).toBe("nothing");
    socket.destroy();
    await until(() => upstream.counters.open === 0);
    expect(upstream.counters).toMatchObject({ connections: 1, handshakes: 0, rawBytes: 10 });
  });

  test("close, rst and garbage", async () => {
    const upstream = await start({ handshake: "close" });
    expect(await plain(upstream.port).got).toBe("");
    upstream.set({ handshake: "rst" });
    expect(await plain(upstream.port).got).toBe("ECONNRESET");
    upstream.set({ handshake: "garbage" });
    await expect(connect(upstream)).rejects.toMatchObject({ code: "ERR_SSL_WRONG_VERSION_NUMBER" });
  });

  test("a slow handshake", async () => {
    const upstream = await start({ handshake: { delay: 80 } });
    const before = performance.now();
    const client = await connect(upstream);
    expect(performance.now() - before).toBeGreaterThan(75);
    await client.ask(makeQuery("a.test"));
    expect(upstream.counters).toMatchObject({ handshakes: 1, queries: 1 });
  });
});

test("ten thousand queries, 500 in flight, in a few seconds", async () => {
  const upstream = await start();
  const client = await connect(upstream);
  for (let done = 0; done < 10_000; done += 500) {
    client.send(...Array.from({ length: 500 }, (_, at) => makeQuery(`n${done + at}.test`, { id: at })));
    await client.receive(500);
  }
  expect(upstream.counters).toMatchObject({ handshakes: 1, queries: 10_000, answers: 10_000, inFlight: 0 });
});
