import net from "node:net";
import * as dnsPacket from "dns-packet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Identity } from "../../../src/cli/demo/authority.ts";
import { createAuthority } from "../../../src/cli/demo/authority.ts";
import type { ZoneServer } from "../../../src/cli/demo/zone-server.ts";
import { startZoneServer } from "../../../src/cli/demo/zone-server.ts";
import { zoneRecords } from "../../../src/cli/demo/zone.ts";
import { RrType, typeCode } from "../../../src/dns/rrtype.ts";
import { DotClient, makeQuery } from "../../support/dot-client.ts";

const TYPES_IN_USE =
  "A NS CNAME SOA PTR HINFO MX TXT RP AFSDB AAAA LOC SRV NAPTR KX CERT DNAME APL DS SSHFP IPSECKEY RRSIG NSEC DNSKEY " +
  "DHCID NSEC3 NSEC3PARAM TLSA SMIMEA HIP CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SVCB HTTPS SPF EUI48 EUI64 URI CAA";

let ca: string;
let identity: Identity;
let server: ZoneServer;
const handshakes: string[] = [];
const sizes: [number, number][] = [];

beforeAll(async () => {
  const authority = await createAuthority();
  ca = authority.ca;
  identity = await authority.issue({ names: ["dot.test"] });
  server = await startZoneServer({
    records: zoneRecords(),
    identity,
    onHandshake: (socket) => handshakes.push(String(socket.alpnProtocol)),
    onAnswer: (...both) => sizes.push(both),
  });
});

afterAll(() => server.close());

async function withClient<Result>(work: (client: DotClient) => Promise<Result>): Promise<Result> {
  const client = await DotClient.connect({ port: server.port, ca });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** The response code of a reply without OPT. */
const rcode = (reply: Buffer): number => reply[3]! & 15;

describe("the zone server", () => {
  test("answers over TLS, and says who came and what was asked", async () => {
    const query = makeQuery("example.dotls.test");
    const reply = await withClient((client) => client.ask(query));
    const { answers, flag_aa, flag_ra } = dnsPacket.decode(reply);
    expect(answers?.map((answer) => "data" in answer && answer.data)).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect([flag_aa, flag_ra]).toEqual([true, true]);
    expect([handshakes.at(-1), sizes.at(-1)]).toEqual(["dot", [query.length, reply.length]]);
  });

  test("takes frames in any segmentation, and many in one", async () => {
    await withClient(async (client) => {
      const [first, second] = [makeQuery("www.dotls.test", { id: 1 }), makeQuery("no.dotls.test", { id: 2 })];
      for (const byte of [0, first.length, ...first]) {
        client.socket.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.send(second, ...Array.from({ length: 100 }, (_, id) => makeQuery("www.dotls.test", { id })));
      const replies = await client.receive(102);
      expect(replies.slice(0, 2).map((reply) => [reply.readUInt16BE(0), rcode(reply)])).toEqual([
        [1, 0],
        [2, 3],
      ]);
    });
  });

  test("has OPT when asked with it, DO as asked, and padding to 468 when asked with padding", async () => {
    await withClient(async (client) => {
      const name = "example.dotls.test";
      expect((await client.ask(makeQuery(name))).readUInt16BE(10)).toBe(0);
      const plain = await client.ask(makeQuery(name, { options: [] }));
      expect(plain.subarray(-11).toString("hex")).toBe("00002904d0000000000000");
      const padding = { code: 12, data: new Uint8Array(5) };
      expect(await client.ask(makeQuery(name, { options: [padding] }))).toHaveLength(468);
      const large = await client.ask(makeQuery(name, { type: RrType.ANY, options: [padding] }));
      expect(large.length).toBeGreaterThan(468);
      expect(large.length % 468).toBe(0);
    });
  });

  test("answers what it cannot serve with the right code", async () => {
    await withClient(async (client) => {
      expect(rcode(await client.ask(makeQuery("example.com")))).toBe(5);
      const status = makeQuery("example.dotls.test");
      status[2] = 0x10;
      expect(rcode(await client.ask(status))).toBe(4);
      expect(rcode(await client.ask(Buffer.from("000701000001000000000000", "hex")))).toBe(1);
      expect(rcode(await client.ask(Buffer.from("000701000000000000000000", "hex")))).toBe(1);
      const badVersion = await client.ask(makeQuery("example.dotls.test", { options: [], version: 1 }));
      expect([rcode(badVersion), badVersion.at(-6)]).toEqual([0, 1]);
    });
  });

  test("does not answer replies, and closes on what is no DNS", async () => {
    await withClient(async (client) => {
      const reply = makeQuery("example.dotls.test", { id: 1 });
      reply[2] = 0x80;
      client.send(reply, makeQuery("example.dotls.test", { id: 2 }));
      expect((await client.receive())[0]!.readUInt16BE(0)).toBe(2);
      client.send(Buffer.from("short"));
      expect(await client.ended()).toBe("end");
    });
  });

  test("a client that does not read gets everything once it reads", async () => {
    await withClient(async (client) => {
      client.socket.pause();
      const query = makeQuery("example.dotls.test", { type: RrType.ANY });
      for (let times = 0; times < 100; times += 1) client.send(...Array.from({ length: 50 }, () => query));
      await new Promise((resolve) => setTimeout(resolve, 100));
      client.socket.resume();
      expect(await client.receive(5000, 10_000)).toHaveLength(5000);
    });
  });

  test("closes although somebody holds a connection without a handshake", async () => {
    const second = await startZoneServer({ records: zoneRecords(), identity });
    const socket = net.connect(second.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await second.close();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test("the demonstration's zone has every type in use", () => {
    const inZone = new Set(zoneRecords().map(({ type }) => type));
    const missing = TYPES_IN_USE.split(" ").filter((name) => !inZone.has(typeCode(name)!));
    expect(missing).toEqual([]);
    expect(inZone.has(65_280)).toBe(true);
  });
});
