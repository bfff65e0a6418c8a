import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Flag } from "../../../src/dns/header.ts";
import type { Edns } from "../../../src/dns/edns/edns.ts";
import type { EdnsOption } from "../../../src/dns/edns/option.ts";
import type { Message, ResourceRecord } from "../../../src/dns/message.ts";
import { decodeMessage, encodeMessage } from "../../../src/dns/message.ts";
import { formatName, parseName } from "../../../src/dns/name.ts";
import { Rcode } from "../../../src/dns/rcode.ts";
import { describeWith } from "../../support/needs.ts";
import { comparable, dig, dotlsQuery } from "./ask.ts";
import type { OddServer } from "./odd-server.ts";
import { startOddServer } from "./odd-server.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const COOKIE = 10;
const SERVER_COOKIE = hex("8899aabbccddeeff");

function optRecord(options: EdnsOption[], rest: Partial<Edns> = {}): Edns {
  return { udpSize: 1232, extendedRcode: 0, version: 0, flags: 0, options, ...rest };
}

function address(query: Message): ResourceRecord {
  return { name: query.questions[0]!.name, type: 1, class: 1, ttl: 5, rdata: hex("c0000201") };
}

/** A good reply, with changes. */
function reply(query: Message, changes: Partial<Message> = {}): Uint8Array {
  const { id, questions } = query;
  const flags = Flag.QR | Flag.RD | Flag.RA;
  const answers = [address(query)];
  return encodeMessage({
    id,
    flags,
    questions,
    answers,
    authorities: [],
    additionals: [],
    edns: null,
    ...changes,
  });
}

function failure(query: Message, rcode: number, changes: Partial<Message> = {}): Uint8Array {
  return reply(query, { flags: Flag.QR | Flag.RD | Flag.RA | rcode, answers: [], ...changes });
}

function truncated(query: Message): Uint8Array {
  const flags = Flag.QR | Flag.RD | Flag.RA | Flag.TC;
  return reply(query, { flags, answers: [], edns: optRecord([]) });
}

function cookieOf(query: Message): Uint8Array {
  return query.edns?.options.find(({ code }) => code === COOKIE)?.data ?? new Uint8Array(0);
}

function withCookie(query: Message, data: Uint8Array, changes: Partial<Message> = {}): Uint8Array {
  return reply(query, { edns: optRecord([{ code: COOKIE, data }]), ...changes });
}

/** BADCOOKIE with a server cookie that a second query can bring along (RFC 7873 section 5.3). */
function badCookie(query: Message): Uint8Array {
  const data = Buffer.concat([cookieOf(query).subarray(0, 8), SERVER_COOKIE]);
  const edns = optRecord([{ code: COOKIE, data }], { extendedRcode: Rcode.BADCOOKIE >> 4 });
  return failure(query, Rcode.BADCOOKIE & 0xf, { edns });
}

const everyOption: EdnsOption[] = [
  [3, "67706400ff"],
  [8, "00011800c00002"],
  [8, "0002200020010db8"],
  [9, "00093a81"],
  [9, ""],
  [11, "0123"],
  [12, "000000"],
  [13, "016102626300"],
  [14, "4f664d98"],
  [15, "0016"],
  [15, "0017c3bc"],
  [15, "ffff1b5b"],
  [15, "001841"],
  [19, "020078560001"],
  [65_001, "abcd"],
  [12, ""],
].map(([code, data]) => ({ code: Number(code), data: hex(String(data)) }));

type Script = (query: Message, overTcp: boolean, bytes: Uint8Array) => (Uint8Array | "close")[];

/** What the server does, by the first label of the question. */
const scripts: Readonly<Record<string, Script>> = {
  "wrong-id": (query, tcp) => [...(tcp ? [] : [reply(query, { id: query.id ^ 1 })]), reply(query)],
  short: (query) => [hex("010203"), reply(query)],
  "other-question": (query) => [
    reply(query, { questions: [{ name: parseName("other."), type: 16, class: 1 }] }),
    reply(query),
  ],
  "other-opcode": (query) => [reply(query, { flags: Flag.QR | 0x2000 }), reply(query)],
  "extra-bytes": (query) => [Buffer.concat([reply(query), hex("616263")])],
  "extra-byte": (query) => [Buffer.concat([reply(query), hex("61")])],
  formerr: (query) => [failure(query, Rcode.FORMERR)],
  notimp: (query) => [failure(query, Rcode.NOTIMP, { questions: [] })],
  servfail: (query) => [
    failure(query, Rcode.SERVFAIL, { edns: optRecord([{ code: 15, data: hex("00166e6f") }]) }),
  ],
  truncated: (query, tcp) => [tcp ? reply(query) : truncated(query)],
  "truncated-twice": (query) => [truncated(query)],
  "truncated-then-closed": (query, tcp) => [tcp ? "close" : truncated(query)],
  badvers: (query) => [
    query.edns?.version === 0
      ? reply(query)
      : failure(query, 0, { edns: optRecord([], { extendedRcode: Rcode.BADVERS >> 4 }) }),
  ],
  "bad-cookie": (query) => [
    cookieOf(query).length > 8 ? withCookie(query, cookieOf(query)) : badCookie(query),
  ],
  "bad-cookie-twice": (query, tcp) => [tcp ? withCookie(query, cookieOf(query)) : badCookie(query)],
  "echoed-cookie": (query) => [withCookie(query, cookieOf(query))],
  "other-cookie": (query) => [withCookie(query, Buffer.concat([hex("0000000000000000"), SERVER_COOKIE]))],
  "every-option": (query) => [reply(query, { edns: optRecord(everyOption, { flags: 0xc123 }) })],
  "all-flags": (query) => [reply(query, { flags: 0x87f0 })],
};

/** Where we do better than dig, or other than it. */
const unlikeDig: Readonly<Record<string, Script>> = {
  mirror: (query, _tcp, bytes) => [bytes, reply(query)],
  cut: (query) => [reply(query).slice(0, -2)],
  "no-cookie-is-good": (query) => [badCookie(query)],
  nothing: () => [],
};

let server: OddServer;
let silences = 0;

beforeAll(async () => {
  server = await startOddServer((bytes, overTcp) => {
    const query = decodeMessage(bytes);
    const label = formatName(query.questions[0]!.name).slice(0, -1);
    if (label === "silent-at-first" && silences++ % 2 === 0) return [];
    const script = scripts[label] ?? unlikeDig[label];
    return script?.(query, overTcp, bytes) ?? [reply(query)];
  });
});

afterAll(async () => {
  await server.stop();
});

describeWith(["dig"], "odd replies beside dig", () => {
  it.each([
    ...Object.keys(scripts),
    "badvers +edns=5",
    "truncated +ignore",
    "truncated +noall +answer",
    "wrong-id +short",
    "wrong-id +noall +answer",
    "formerr +dnssec",
    "formerr +noedns",
    "formerr +noall +answer",
    "servfail +short",
    "other-cookie +nocookie",
    "bad-cookie +nobadcookie",
    "silent-at-first +time=1",
  ])("%s", async (command) => {
    const args = ["@127.0.0.1", "-p", String(server.port), ...command.split(" ")];
    // One after the other: the server counts.
    const ours = await dotlsQuery(...args);
    const theirs = await dig(...args);
    const ids = (text: string): string => text.replaceAll(/ID \d+, got \d+/g, "ID ONE, got OTHER");
    expect(ids(comparable(ours.out))).toBe(ids(comparable(theirs.out)));
    expect(ours.code).toBe(theirs.code);
  });

  it("nobody there", async () => {
    // Port 1 of loopback: privileged and unused.
    const args = ["@127.0.0.1", "-p", "1", "nobody.test"];
    const [ours, theirs] = await Promise.all([dotlsQuery(...args), dig(...args)]);
    expect(comparable(ours.out)).toBe(comparable(theirs.out));
    expect([ours.code, theirs.code]).toEqual([9, 9]);
  });
});

describe("replies that nobody should believe", () => {
  const ask = (...args: string[]): ReturnType<typeof dotlsQuery> =>
    dotlsQuery("@127.0.0.1", "-p", String(server.port), "+time=1", "+tries=1", ...args);

  it("a query that comes back is left aside", async () => {
    const { out } = await ask("mirror");
    expect(out).toContain(";; Warning: query response not set\n");
    expect(out).toContain("192.0.2.1");
  });

  it("a message that cannot be read is shown as bytes", async () => {
    const { out, code } = await ask("cut");
    expect(out).toMatch(/^;; Got bad packet: the (?:record data goes over the end of the )?message/);
    expect(out).toMatch(/\n35 bytes\n(?:[\da-f]{2} ){15}[\da-f]{2} {10}/);
    expect(code).toBe(0);
  });

  it("a server that never says anything else cannot keep us busy", async () => {
    const { out } = await ask("no-cookie-is-good");
    expect(out.match(/BADCOOKIE, retrying/g)).toHaveLength(2);
    expect(out).toContain("status: BADCOOKIE");
  });

  it("+json says why there is no reply, and exits with 9", async () => {
    const { out, code } = await ask("+json", "nothing", "MX");
    expect(JSON.parse(out)).toEqual({
      error: "timed out",
      questions: [{ name: "nothing", type: "MX", class: "IN" }],
    });
    expect(code).toBe(9);
  });
});
