import * as dnsPacket from "dns-packet";
import { describe, expect, test } from "vitest";
import { makeQuery } from "../dot-client.ts";
import { addressOf } from "./answers.ts";
import { connect, start } from "./fixture.ts";
import type { Fault } from "./knobs.ts";

const padding = { code: 12, data: new Uint8Array(40) };

describe("the default answer", () => {
  test("is made from the name, question echoed byte for byte", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    const query = makeQuery("ExAmple.test", { id: 77 });
    const answer = await client.ask(query);
    expect(answer.readUInt16BE(0)).toBe(77);
    expect(answer.subarray(12, query.length)).toEqual(query.subarray(12));
    expect(dnsPacket.decode(answer).answers).toMatchObject([
      { name: "ExAmple.test", type: "A", ttl: 300, data: addressOf("example.test") },
    ]);
    expect(upstream.counters).toMatchObject({ connections: 1, handshakes: 1, queries: 1, answers: 1 });
  });

  test.each([
    ["AAAA", 28],
    ["TXT", 16],
    ["NS", 2],
    ["MX", 15],
    ["PTR", 12],
    ["CNAME", 5],
  ])("has a record of type %s", async (name, type) => {
    const client = await connect(await start());
    const {
      answers,
      type: kind,
      rcode,
    } = dnsPacket.decode(await client.ask(makeQuery("a.test", { type }))) as dnsPacket.DecodedPacket & {
      rcode: string;
    };
    expect([kind, rcode, answers?.map((answer) => answer.type)]).toEqual(["response", "NOERROR", [name]]);
  });

  test("is NODATA with SOA for other types", async () => {
    const client = await connect(await start({ ttl: 60 }));
    const { answers, authorities } = dnsPacket.decode(await client.ask(makeQuery("a.test", { type: 65 })));
    expect(answers).toEqual([]);
    expect(authorities).toMatchObject([{ type: "SOA", ttl: 60, data: { minimum: 60 } }]);
  });

  test("has OPT when the query has, and padding to 468 when the query is padded", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    expect((await client.ask(makeQuery("a.test"))).readUInt16BE(10)).toBe(0);
    expect((await client.ask(makeQuery("a.test", { options: [] }))).length).toBe(24 + 16 + 11);
    expect((await client.ask(makeQuery("a.test", { options: [padding] }))).length).toBe(468);
    expect(upstream.counters.paddings).toEqual(new Map([[40, 1]]));
    expect(upstream.counters.options).toEqual(new Map([[12, 1]]));
    expect(upstream.counters.log.map(({ opt }) => opt?.codes ?? null)).toEqual([null, [], [12]]);
    expect(upstream.counters.log[2]!.opt).toMatchObject({ udpSize: 1232, version: 0, paddingLast: true });
  });

  test("is BADVERS for another version of EDNS, FORMERR for what is no query", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    const badVersion = await client.ask(makeQuery("a.test", { options: [], version: 1 }));
    expect([badVersion[3]! & 15, badVersion[24 + 5]]).toEqual([0, 1]);
    expect((await client.ask(Buffer.from("0007010000000000", "hex"))).toString("hex")).toBe(
      "000781810000000000000000",
    );
    expect(upstream.counters.malformed).toBe(1);
  });
});

describe("knobs of answers", () => {
  test("rcodes by name, EDE, keepalive", async () => {
    const upstream = await start({
      rcodes: { "no.test": 3 },
      keepalive: 300,
      ede: { code: 22, text: "gone" },
    });
    const client = await connect(upstream);
    const answer = await client.ask(makeQuery("No.test", { options: [] }));
    expect(answer[3]! & 15).toBe(3);
    expect(answer.toString("hex", 25 + 11)).toBe(
      `000b0002012c000f00060016${Buffer.from("gone").toString("hex")}`,
    );
    upstream.set({ rcodes: {}, keepalive: null, ede: null });
    expect((await client.ask(makeQuery("no.test", { options: [] })))[3]! & 15).toBe(0);
  });

  test("no EDNS, and FORMERR to EDNS", async () => {
    const upstream = await start({ edns: false });
    const client = await connect(upstream);
    expect((await client.ask(makeQuery("a.test", { options: [padding] }))).readUInt16BE(10)).toBe(0);
    upstream.set({ formerrToEdns: true });
    expect((await client.ask(makeQuery("a.test", { options: [] })))[3]! & 15).toBe(1);
    expect((await client.ask(makeQuery("a.test")))[3]! & 15).toBe(0);
  });

  test.each([512, 1232, 4096, 65_535])("a size of %d bytes", async (size) => {
    const client = await connect(await start({ size }));
    const answer = await client.ask(makeQuery("a.test", { options: [padding] }));
    expect(answer.length).toBe(size);
    expect(dnsPacket.decode(answer).answers!.length).toBeGreaterThan(1);
  });

  test("a function, also an asynchronous one, null for no answer", async () => {
    const upstream = await start({
      answer: (query) => {
        if (query.name === "none.test") return null;
        if (query.name === "later.test") return Promise.resolve(Uint8Array.of(1, 2, 3));
        return query.name === "now.test" ? Uint8Array.of(9) : undefined;
      },
    });
    const client = await connect(upstream);
    client.send(...["none.test", "later.test", "now.test", "a.test"].map((name) => makeQuery(name)));
    const answers = await client.receive(3);
    expect(answers.map((answer) => answer.length).sort((a, b) => a - b)).toEqual([1, 3, 24 + 16]);
    expect(upstream.counters.inFlight).toBe(1);
  });

  test("delay by label and by function", async () => {
    const upstream = await start({ delay: (query) => (query.name === "slow.test" ? 40 : 0) });
    const client = await connect(upstream);
    const before = performance.now();
    client.send(
      makeQuery("d80.a.test", { id: 3 }),
      makeQuery("slow.test", { id: 2 }),
      makeQuery("a.test", { id: 1 }),
    );
    const answers = await client.receive(3);
    expect(answers.map((answer) => answer.readUInt16BE(0))).toEqual([1, 2, 3]);
    expect(performance.now() - before).toBeGreaterThan(75);
    expect(upstream.counters.mostInFlight).toBe(3);
  });
});

describe("faults", () => {
  const query = makeQuery("a.test", { id: 0x1111, options: [] });

  async function answersTo(fault: Fault, count: number, within: number = 3000): Promise<Buffer[]> {
    const client = await connect(await start({ fault }));
    client.send(query);
    return client.receive(count, within);
  }

  async function good(): Promise<Buffer> {
    return (await connect(await start())).ask(query);
  }

  test.each<[Fault, number, number]>([
    ["wrong-id", 0, 2],
    ["wrong-question", 13, 14],
    ["wrong-type", 20, 22],
    ["wrong-class", 22, 24],
    ["wrong-opcode", 2, 4],
    ["other-case", 13, 19],
    ["bad-counts", 6, 8],
  ])("%s changes these bytes alone", async (fault, from, to) => {
    const right = await good();
    const [wrong] = await answersTo(fault, 1);
    expect(wrong!.subarray(from, to)).not.toEqual(right.subarray(from, to));
    wrong!.copy(right, from, from, to);
    expect(wrong).toEqual(right);
  });

  test("qr-0 is the query itself, no-question a header", async () => {
    expect((await answersTo("qr-0", 1))[0]).toEqual(query);
    expect((await answersTo("no-question", 1))[0]!.toString("hex")).toBe("111181800000000000000000");
  });

  test("duplicate, stray, zero-length and short come beside the right answer", async () => {
    const right = await good();
    expect(await answersTo("duplicate", 2)).toEqual([right, right]);
    const [stray, after] = await answersTo("stray", 2);
    expect(stray!.readUInt16BE(0)).not.toBe(0x1111);
    expect(after).toEqual(right);
    expect(await answersTo("zero-length", 2)).toEqual([Buffer.alloc(0), right]);
    expect(await answersTo("short", 2)).toEqual([right.subarray(0, 5), right]);
  });

  test("truncated has TC, question and OPT", async () => {
    const [answer] = await answersTo("truncated", 1);
    expect(answer!.toString("hex", 2, 12)).toBe("83800001000000000001");
    expect(answer!.length).toBe(24 + 11);
  });

  test("pointer-loop, garbage", async () => {
    expect((await answersTo("pointer-loop", 1))[0]!.toString("hex", 24, 26)).toBe("c018");
    const [garbage] = await answersTo("garbage", 1);
    expect(garbage!.length).toBe(200);
    expect(await answersTo("garbage", 1)).toEqual([garbage]);
  });

  test("unfinished: the last byte never comes, nor anything after it", async () => {
    const right = await good();
    const client = await connect(
      await start({ fault: (query) => (query.index === 1 ? "unfinished" : null) }),
    );
    client.send(query);
    await expect(client.receive(1, 60)).rejects.toThrow("nothing more");
    client.send(query);
    await expect(client.receive(1, 60)).rejects.toThrow("nothing more");
    expect(client.rest.subarray(2)).toEqual(right.subarray(0, -1));
  });

  test("silent, and garbage-stream", async () => {
    await expect(answersTo("silent", 1, 60)).rejects.toThrow("nothing more");
    const upstream = await start({ fault: "garbage-stream" });
    const client = await connect(upstream);
    client.send(query);
    await expect(client.receive(1, 60)).rejects.toThrow("nothing more");
    expect(client.rest.length).toBe(200);
  });
});
