import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeMessage } from "../../../src/dns/message.ts";
import { dotlsQuery } from "./ask.ts";
import type { OddServer } from "./odd-server.ts";
import { startOddServer } from "./odd-server.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("dotls query", () => {
  let server: OddServer;
  let queries: Uint8Array[];

  beforeEach(async () => {
    queries = [];
    server = await startOddServer((query) => {
      queries.push(query);
      // The query itself with QR, RA and one A record behind its question; its OPT goes.
      const question = query.slice(12, query.indexOf(0, 12) + 5);
      const head = Uint8Array.of(query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0);
      return [Buffer.concat([head, question, hex("c00c00010001000000050004c0000201")])];
    });
  });

  afterEach(async () => {
    await server.stop();
  });

  const ask = (...args: string[]): ReturnType<typeof dotlsQuery> =>
    dotlsQuery(`@127.0.0.1:${server.port}`, ...args);

  it("prints one JSON object a line with +json", async () => {
    const { out, code } = await ask("+json", "one.test", "two.test");
    const replies = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(code).toBe(0);
    expect(replies).toMatchObject([
      {
        status: "NOERROR",
        opcode: "QUERY",
        flags: ["qr", "rd", "ra"],
        edns: null,
        questions: [{ name: "one.test.", type: "A", class: "IN" }],
        answers: [
          {
            name: "one.test.",
            type: "A",
            class: "IN",
            ttl: 5,
            data: "192.0.2.1",
            fields: { address: "192.0.2.1" },
          },
        ],
        authorities: [],
        additionals: [],
        server: { address: "127.0.0.1", port: server.port, name: "127.0.0.1", transport: "UDP" },
        timing: { connect: null, tls: null },
        tls: null,
        size: 42,
      },
      { questions: [{ name: "two.test." }] },
    ]);
  });

  it("tells how long TCP took to connect", async () => {
    const { out } = await ask("+tcp", "one.test");
    expect(out).toMatch(/^;; MSG SIZE {2}rcvd: 42\n;; TIMING: connect [\d.]+ ms, query [\d.]+ ms\n\n$/m);
  });

  it("takes the port behind @ before that of -p", async () => {
    expect((await ask("-p", "1", "+short", "one.test")).out).toBe("192.0.2.1\n");
  });

  it("sends from the address and port of -b", async () => {
    const probe = createSocket("udp4").bind(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address();
    probe.close();
    await once(probe, "close");
    const taken = createSocket("udp4").bind(port, "127.0.0.1");
    await once(taken, "listening");
    const refused = await ask("-b", `127.0.0.1#${port}`, "+tries=1", "one.test");
    taken.close();
    await once(taken, "close");
    expect(refused.out).toContain("address in use");
    expect((await ask("-b", `127.0.0.1#${port}`, "+short", "one.test")).out).toBe("192.0.2.1\n");
  });

  it("sends an international name in its ASCII form", async () => {
    await ask("bücher.test");
    expect(Buffer.from(queries[0]!).toString("latin1")).toContain("xn--bcher-kva");
  });

  it("sends a large query over TCP at once", async () => {
    const { out } = await ask(`+ednsopt=65001:${"00".repeat(500)}`, "one.test");
    expect(out).toContain("(TCP)");
  });

  it("pads to whole blocks", async () => {
    await ask("+padding=64", "one.test");
    expect(queries[0]?.length).toBe(64);
    expect(decodeMessage(queries[0]!).edns?.options.at(-1)?.code).toBe(12);
  });

  it("asks under another id each time, and under the one that is set", async () => {
    await ask("one.test", "one.test", "one.test", "+qid=4660");
    const ids = queries.map((query) => decodeMessage(query).id);
    expect(new Set(ids).size).toBeGreaterThan(1);
    expect(ids[2]).toBe(0x1234);
  });

  it("goes on to the next server when one is silent", async () => {
    const { out, code } = await dotlsQuery(
      "@127.0.0.1:1",
      `@127.0.0.1:${server.port}`,
      "+tries=1",
      "+short",
      "one.test",
    );
    expect(out).toBe(";; communications error to 127.0.0.1#1: connection refused\n192.0.2.1\n");
    expect(code).toBe(0);
  });

  it("exits with 9 when one of the names got no answer", async () => {
    const good = ["one.test", `@127.0.0.1:${server.port}`];
    const { out, code } = await dotlsQuery("+short", "+tries=1", ...good, "two.test", "@127.0.0.1:1");
    expect(out).toMatch(/^192\.0\.2\.1\n/);
    expect(code).toBe(9);
  });
});

describe("dotls query that cannot ask", () => {
  it.each([
    [["+shrot"], 1, "there is no option +shrot (did you mean +short?)"],
    [["a..b", "@127.0.0.1:1"], 1, "'a..b' is not a legal name"],
    [["name", "@no..host"], 1, "couldn't get address for 'no..host': not found"],
  ])("%j exits with %i", async (args, code, message) => {
    const ran = await dotlsQuery(...args);
    expect(ran.error).toContain(`dotls query: ${message}`);
    expect(ran.code).toBe(code);
    expect(ran.out).toBe("");
  });

  it("prints help and version", async () => {
    expect((await dotlsQuery("-h")).out).toMatch(/^Usage: dotls query /);
    expect((await dotlsQuery("-v")).out).toBe("dotls 0.0.0\n");
  });

  it("warns of a type that is none and goes on, as dig", async () => {
    const { error, code } = await dotlsQuery("@127.0.0.1:1", "+tries=1", "-t", "NOTYPE", "name");
    expect(error).toBe(";; Warning, ignoring invalid type NOTYPE\n");
    expect(code).toBe(9);
  });
});
