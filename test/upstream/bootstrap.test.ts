import { describe, expect, test } from "vitest";
import { encodeMessage } from "../../src/dns/message.ts";
import { parseName } from "../../src/dns/name.ts";
import { Bootstrap } from "../../src/upstream/bootstrap.ts";
import type { Found } from "../../src/upstream/bootstrap-answer.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import { type PlainReply, PlainServer } from "../support/plain-server.ts";

const never = new AbortController().signal;

/** Asks for IPv4 addresses. */
function lookup(servers: readonly PlainServer[], name = "dns.example"): Promise<Found | Failure> {
  return new Bootstrap(servers).lookup(name, 4, never);
}

const A: PlainReply = { answer: "dns.example. 300 IN A 192.0.2.1\n" };
const FOUND: Found = { addresses: ["192.0.2.1"], ttl: 300 };

describe("a lookup", () => {
  test("gives the addresses of the family that is asked for, and the least TTL", async () => {
    const server = await PlainServer.start(({ type }) => ({
      answer:
        type === "A"
          ? "dns.example. 300 IN A 192.0.2.1\ndns.example. 120 IN A 192.0.2.2\n"
          : "dns.example. 60 IN AAAA 2001:db8::1\n",
    }));
    expect(await lookup([server])).toEqual({ addresses: ["192.0.2.1", "192.0.2.2"], ttl: 120 });
    expect(await new Bootstrap([server]).lookup("dns.example", 6, never)).toEqual({
      addresses: ["2001:db8::1"],
      ttl: 60,
    });
  });

  test("goes through aliases and past what is beside them", async () => {
    const answer = [
      "other.example. 9 IN A 192.0.2.9",
      "dns.example. 200 IN CNAME Edge.Example.",
      "edge.example. 300 IN A 192.0.2.1",
    ].join("\n");
    expect(await lookup([await PlainServer.start(() => ({ answer }))])).toEqual({
      addresses: ["192.0.2.1"],
      ttl: 200,
    });
  });

  test("ends where aliases lead nowhere or in a circle", async () => {
    for (const answer of [
      "dns.example. 9 IN CNAME edge.example.\nedge.example. 9 IN CNAME dns.example.",
      "dns.example. 9 IN CNAME edge.example.",
    ]) {
      expect(await lookup([await PlainServer.start(() => ({ answer }))])).toEqual({ addresses: [], ttl: 0 });
    }
  });

  test("takes no address that no server can have, and not more than a few", async () => {
    const none = ["0.0.0.0", "224.0.0.1", "255.255.255.255"];
    const many = Array.from({ length: 20 }, (_, index) => `198.51.100.${index}`);
    const answer = [...none, ...many].map((address) => `dns.example. 60 IN A ${address}`).join("\n");
    expect(await lookup([await PlainServer.start(() => ({ answer }))])).toEqual({
      addresses: many.slice(0, 8),
      ttl: 60,
    });
  });

  test("takes a TTL with the highest bit set for none", async () => {
    const forge: PlainReply["forge"] = (right) => [
      encodeMessage({ ...right, answers: right.answers.map((record) => ({ ...record, ttl: 0x80000000 })) }),
    ];
    const server = await PlainServer.start(() => ({ ...A, forge }));
    expect(await lookup([server])).toEqual({ addresses: ["192.0.2.1"], ttl: 0 });
  });
});

describe("the exchange with a resolver", () => {
  test("asks again when a datagram is lost", async () => {
    const server = await PlainServer.start(() => (server.asked.length === 1 ? null : A));
    const startedAt = performance.now();
    expect(await lookup([server])).toEqual(FOUND);
    expect(performance.now() - startedAt).toBeGreaterThan(450);
    expect(server.asked).toHaveLength(2);
    expect(new Set(server.asked.map(({ id, port }) => `${id} ${port}`)).size).toBe(1);
  });

  test("goes on over TCP when the answer is truncated", async () => {
    const server = await PlainServer.start(({ over }) => (over === "tcp" ? A : { truncated: true }));
    expect(await lookup([server])).toEqual(FOUND);
    expect(server.asked.map(({ over }) => over)).toEqual(["udp", "tcp"]);
  });

  test("has an id and a port of its own for each question", async () => {
    const server = await PlainServer.start(() => A);
    for (let count = 0; count < 8; count++) await lookup([server]);
    expect(new Set(server.asked.map(({ id }) => id)).size).toBeGreaterThan(6);
    expect(new Set(server.asked.map(({ port }) => port)).size).toBeGreaterThan(6);
  });

  test("believes no datagram with another id, another question, no answer bit, or garbage", async () => {
    const forge: PlainReply["forge"] = (right) => {
      const answers = right.answers.map((record) => ({ ...record, rdata: Uint8Array.of(192, 0, 2, 66) }));
      const forged = { ...right, answers };
      const [question] = right.questions;
      return [
        encodeMessage({ ...forged, id: right.id ^ 1 }),
        encodeMessage({ ...forged, flags: right.flags & 0x7fff }),
        encodeMessage({ ...forged, questions: [{ ...question!, name: parseName("dns.evil.") }] }),
        encodeMessage({ ...forged, questions: [{ ...question!, type: 28 }] }),
        encodeMessage({ ...forged, questions: [] }),
        encodeMessage(forged).slice(0, 20),
        Uint8Array.of(1, 2, 3),
        encodeMessage(right),
      ];
    };
    expect(await lookup([await PlainServer.start(() => ({ ...A, forge }))])).toEqual(FOUND);
  });

  test("believes nobody but the server", async () => {
    const other = await PlainServer.start(() => null);
    const server = await PlainServer.start(({ port, id }) => {
      const right = encodeMessage({
        id,
        flags: 0x8180,
        questions: [{ name: parseName("dns.example."), type: 1, class: 1 }],
        answers: [
          {
            name: parseName("dns.example."),
            type: 1,
            class: 1,
            ttl: 1,
            rdata: Uint8Array.of(192, 0, 2, 66),
          },
        ],
        authorities: [],
        additionals: [],
        edns: null,
      });
      other.send(port, right);
      return { ...A, delay: 100 };
    });
    expect(await lookup([server])).toEqual(FOUND);
  });

  test("goes over IPv6 too", async () => {
    expect(await lookup([await PlainServer.start(() => A, "::1")])).toEqual(FOUND);
  });

  test("ends when it is given up", async () => {
    const server = await PlainServer.start(() => null);
    const ending = new AbortController();
    setTimeout(() => ending.abort(), 50);
    const startedAt = performance.now();
    expect(await new Bootstrap([server]).lookup("dns.example", 4, ending.signal)).toMatchObject({
      text: "given up",
    });
    expect(performance.now() - startedAt).toBeLessThan(400);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(server.asked).toHaveLength(1);
  });
});

describe("several resolvers", () => {
  test("are asked one after the other, 300 ms apart, and the first addresses count", async () => {
    const silent = await PlainServer.start(() => null);
    const good = await PlainServer.start(() => A);
    const startedAt = performance.now();
    expect(await lookup([silent, good])).toEqual(FOUND);
    expect(performance.now() - startedAt).toBeGreaterThan(280);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  test("that answered is asked first the next time", async () => {
    const silent = await PlainServer.start(() => null);
    const good = await PlainServer.start(() => A);
    const bootstrap = new Bootstrap([silent, good]);
    await bootstrap.lookup("dns.example", 4, never);
    await bootstrap.lookup("dns.example", 4, never);
    expect(silent.asked).toHaveLength(1);
    expect(good.asked).toHaveLength(2);
  });

  test.each([
    ["that nobody listens at", "127.0.0.1"],
    ["that no route leads to", "255.255.255.255"],
  ])("%s are passed over at once", async (_title, address) => {
    const gone = await PlainServer.start(() => A);
    await gone.close();
    const bad = { address, port: gone.port };
    const good = await PlainServer.start(() => A);
    const startedAt = performance.now();
    expect(await new Bootstrap([bad, good]).lookup("dns.example", 4, never)).toEqual(FOUND);
    expect(performance.now() - startedAt).toBeLessThan(250);
  });

  test.each([
    ["fail", { rcode: 2 }],
    ["refuse", { rcode: 5 }],
    ["say that there is no such name", { rcode: 3 }],
    ["have no address", {}],
  ])("that %s do not stand in the way of one that knows", async (_title, reply) => {
    const bad = await PlainServer.start(() => reply);
    const good = await PlainServer.start(() => A);
    expect(await lookup([bad, good])).toEqual(FOUND);
  });

  test("that all fail are named with their reasons", async () => {
    const one = await PlainServer.start(() => ({ rcode: 3 }));
    const two = await PlainServer.start(() => ({ rcode: 3 }));
    const three = await PlainServer.start(() => ({ rcode: 5 }));
    expect(await lookup([one, two, three])).toEqual({
      kind: "bootstrap",
      text: `127.0.0.1:${one.port}, 127.0.0.1:${two.port}: NXDOMAIN; 127.0.0.1:${three.port}: REFUSED`,
    });
  });

  test("of which one knows that there is nothing give that", async () => {
    const one = await PlainServer.start(() => ({ rcode: 2 }));
    const two = await PlainServer.start(() => ({}));
    expect(await lookup([one, two])).toEqual({ addresses: [], ttl: 0 });
  });

  test("that do not answer are a timeout", async () => {
    const server = await PlainServer.start(() => null);
    expect(await lookup([server])).toEqual({
      kind: "timeout",
      text: `127.0.0.1:${server.port}: no answer over UDP`,
    });
    expect(server.asked).toHaveLength(3);
  });

  test("that are none cannot be asked", async () => {
    expect(await lookup([])).toMatchObject({ text: "no bootstrap resolver is configured" });
  });
});
