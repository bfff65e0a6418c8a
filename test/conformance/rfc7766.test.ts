import { describe, expect, it } from "vitest";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { framed } from "../support/plain-client.ts";
import { decode } from "./decoded.ts";
import { rawQuery } from "../support/raw-query.ts";
import { serve } from "./served.ts";

function names(count: number, prefix: string = "n"): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}.test`);
}

describe("section 5: both transports (3.1 item 1)", () => {
  it("answers over UDP and TCP, each where it was asked", async () => {
    const served = await serve();
    const udp = served.udp();
    const tcp = await served.tcp();
    const query = rawQuery({ id: 3, name: "both.test" });
    for (const bytes of [await udp.ask(query), await tcp.ask(query)]) {
      const { id, answers } = decode(bytes);
      expect(id).toBe(3);
      expect(Array.from(answers[0]!.rdata).join(".")).toBe(addressOf("both.test"));
    }
  });
});

describe("section 8: framing (3.1 items 2 and 3)", () => {
  it("assembles a query from single bytes", async () => {
    const client = await (await serve()).tcp();
    for (const byte of framed(rawQuery({ id: 9 }))) {
      client.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(decode(await client.receive()).id).toBe(9);
  });

  it("assembles a query cut at each byte, with a pause", { timeout: 30_000 }, async () => {
    const served = await serve();
    const bytes = framed(rawQuery({ id: 9 }));
    await Promise.all(
      Array.from(bytes, async (_, cut) => {
        const client = await served.tcp();
        client.socket.write(bytes.subarray(0, cut));
        await new Promise((resolve) => setTimeout(resolve, 50));
        client.socket.write(bytes.subarray(cut));
        expect(decode(await client.receive()).id).toBe(9);
      }),
    );
  });

  it("takes 100 queries of one segment apart", async () => {
    const client = await (await serve()).tcp();
    client.send(...names(100).map((name, id) => rawQuery({ id, name })));
    const ids = new Set<number>();
    for (let i = 0; i < 100; i++) ids.add(decode(await client.receive()).id);
    expect(ids.size).toBe(100);
  });

  it("takes a query of 65,535 bytes", async () => {
    const client = await (await serve()).tcp();
    const fill = { code: 65_001, data: Buffer.alloc(65_535 - 30 - 11 - 4) };
    const query = rawQuery({ id: 4, opt: { options: [fill] } });
    expect(query).toHaveLength(65_535);
    expect(decode(await client.ask(query))).toMatchObject({ id: 4, edns: { options: [] } });
  });

  it.each([0, 1, 11])("closes on a frame of %i bytes, which is no message, and lives", async (length) => {
    const served = await serve();
    const client = await served.tcp();
    client.send(Buffer.alloc(length));
    expect(await client.ended()).not.toBe("");
    expect(decode(await (await served.tcp()).ask(rawQuery({ id: 2 }))).id).toBe(2);
  });
});

describe("section 6.2.1.1: pipelining (3.1 item 4)", () => {
  it("answers out of order", async () => {
    const served = await serve({ upstream: { delay: ({ name }) => (name === "slow.test" ? 400 : 0) } });
    const client = await served.tcp();
    client.send(rawQuery({ id: 1, name: "slow.test" }), rawQuery({ id: 2, name: "quick.test" }));
    expect(decode(await client.receive()).id).toBe(2);
    expect(decode(await client.receive()).id).toBe(1);
  });

  it("answers two queries with one id, each with its own question", async () => {
    const served = await serve({ upstream: { reorder: 2 } });
    const client = await served.tcp();
    client.send(rawQuery({ id: 7, name: "a.test" }), rawQuery({ id: 7, name: "b.test" }));
    const replies = [decode(await client.receive()), decode(await client.receive())];
    expect(replies.map(({ id }) => id)).toEqual([7, 7]);
    const found = replies.map(({ questions, answers }) => [
      questions[0]!.name[1],
      Array.from(answers[0]!.rdata).join("."),
    ]);
    expect(found).toEqual(
      expect.arrayContaining([
        ["a".charCodeAt(0), addressOf("a.test")],
        ["b".charCodeAt(0), addressOf("b.test")],
      ]),
    );
  });

  it("answers the same query twice with one id over one connection, twice", async () => {
    const client = await (await serve({ upstream: { delay: 50 } })).tcp();
    client.send(rawQuery({ id: 7 }), rawQuery({ id: 7 }));
    expect(decode(await client.receive()).id).toBe(7);
    expect(decode(await client.receive()).id).toBe(7);
  });
});

describe("T11: section 6.2.4, closing (3.1 item 5)", () => {
  it("answers ten pipelined queries after the client's FIN, and then sends its own", async () => {
    const served = await serve({ upstream: { delay: 100 } });
    const client = await served.tcp();
    client.send(...names(10).map((name, id) => rawQuery({ id, name })));
    client.socket.end();
    for (let i = 0; i < 10; i++) decode(await client.receive());
    expect(await client.ended()).toBe("end");
    expect(client.waiting).toBe(0);
  });

  it("sends FIN at once when nothing was asked before the client's", async () => {
    const client = await (await serve()).tcp();
    client.socket.end();
    expect(await client.ended(500)).toBe("end");
  });

  it("throws away half a query before FIN, and answers the whole ones", async () => {
    const client = await (await serve()).tcp();
    client.socket.end(
      Buffer.concat([framed(rawQuery({ id: 5 })), framed(rawQuery({ id: 6 })).subarray(0, 20)]),
    );
    expect(decode(await client.receive()).id).toBe(5);
    expect(await client.ended()).toBe("end");
  });

  it("survives RST in the middle of its answers", async () => {
    const served = await serve({ upstream: { delay: ({ index }) => index % 100, size: 30_000 } });
    for (let round = 0; round < 5; round++) {
      const client = await served.tcp();
      client.send(...names(100, `r${round}-`).map((name, id) => rawQuery({ id, name })));
      await client.receive();
      client.socket.resetAndDestroy();
    }
    await until(() => served.server.status().queries.received >= 500);
    expect(decode(await (await served.tcp()).ask(rawQuery({ id: 2 }))).id).toBe(2);
  });
});

describe("section 10: limits (3.1 item 6)", () => {
  it("keeps many connections and answers UDP while one address opens more than its share", async () => {
    const served = await serve();
    const clients = await Promise.all(Array.from({ length: 300 }, () => served.tcp()));
    const udp = served.udp();
    expect(decode(await udp.ask(rawQuery({ id: 1 }))).id).toBe(1);
    const open = (): number =>
      clients.filter(({ socket }) => !socket.readableEnded && !socket.destroyed).length;
    await until(() => open() === 250);
    expect(decode(await clients[299]!.ask(rawQuery({ id: 2 }))).id).toBe(2);
  });

  it("reads no more from who reads nothing, and serves the others", async () => {
    const served = await serve({ upstream: { size: 20_000 } });
    const greedy = await served.tcp();
    greedy.socket.pause();
    const query = framed(rawQuery({ name: "big.test" }));
    const many = Buffer.concat(Array.from({ length: 100 }, () => query));
    for (let i = 0; i < 200; i++) greedy.socket.write(many);
    let before = -1;
    while (served.server.status().queries.received !== before) {
      before = served.server.status().queries.received;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    // 20,000 answers of 20,000 bytes are 400 MB; what is held is the kernel's buffers and about a megabyte.
    expect(before).toBeLessThan(5000);
    expect(decode(await served.udp().ask(rawQuery({ id: 2 }))).id).toBe(2);
    greedy.socket.destroy();
  });
});
