import { createSocket } from "node:dgram";
import * as dnsPacket from "dns-packet";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { readU16 } from "../../src/dns/header.ts";
import { UdpLink } from "../../src/upstream/udp-link.ts";
import { ScriptedPlain, plainAnswer } from "../support/scripted-plain.ts";
import { addressOf, withoutRecords } from "../support/scripted-upstream/answers.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { type AskedQuestion, type Watched, outcome, watch, plainTcp } from "./asking.ts";

function linkTo(server: { readonly address: string; readonly port: number }): Watched<UdpLink> {
  const target = { address: server.address, port: server.port };
  return watch((owner) => new UdpLink(target, plainTcp(target), owner));
}

async function addressFrom(question: AskedQuestion): Promise<unknown> {
  const { answer } = await question.ended;
  const [first] = answer === null ? [] : (dnsPacket.decode(answer).answers ?? []);
  return (first as { data?: unknown } | undefined)?.data;
}

function ports(server: ScriptedPlain): number[] {
  return [...new Set(server.over("udp").map(({ port }) => port))];
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}.test`);

describe("a question over UDP", () => {
  test.each(["127.0.0.1", "::1"])("is answered by a server at %s", async (address) => {
    const { link, owner, ask } = linkTo(await ScriptedPlain.start({ address }));
    expect(link.state).toBe("connecting");
    expect(await addressFrom(ask("Ask.test"))).toBe(addressOf("ask.test"));
    expect(owner.opened).toMatchObject([{ connectMs: 0, handshakeMs: 0, resumed: false, proof: "none" }]);
    expect([link.state, link.answered, link.load, link.quietSince, owner.answers]).toEqual([
      "open",
      1,
      0,
      0,
      1,
    ]);
  });

  test("is not padded, and has no option", async () => {
    const server = await ScriptedPlain.start();
    await linkTo(server).ask("a.test").ended;
    const [seen] = server.seen;
    expect(seen!.bytes.length).toBe(12 + 8 + 4 + 11);
    expect(seen!.query?.opt).toMatchObject({ udpSize: 1232, codes: [] });
  });

  test("has an id that cannot be guessed, and so have many at a time", async () => {
    const server = await ScriptedPlain.start({ delay: 20 });
    const { ask } = linkTo(server);
    const questions = names(300).map((name) => ask(name));
    expect(await Promise.all(questions.map(addressFrom))).toEqual(names(300).map(addressOf));
    const ids = server.seen.map(({ bytes }) => readU16(bytes, 0));
    expect(new Set(ids).size).toBeGreaterThan(280);
    const mean = ids.reduce((sum, id) => sum + id, 0) / ids.length;
    expect(Math.abs(mean - 32_768)).toBeLessThan(8000);
  });

  test("leaves from another port after a hundred, and after two seconds (RFC 5452 section 9.2)", async () => {
    const server = await ScriptedPlain.start();
    const { link, ask } = linkTo(server);
    for (const name of names(250)) await ask(name).ended;
    expect(ports(server)).toHaveLength(3);
    await new Promise((resolve) => setTimeout(resolve, 2200));
    await ask("later.test").ended;
    expect(ports(server)).toHaveLength(4);
    expect(link.state).toBe("open");
  });

  test("two links never share a port", async () => {
    const server = await ScriptedPlain.start();
    await Promise.all(names(20).map(async (name) => linkTo(server).ask(name).ended));
    expect(ports(server)).toHaveLength(20);
  });

  test("is sent once more after a second, with the same id from the same port", async () => {
    const server = await ScriptedPlain.start({
      answer: (_query, seen) => (seen === server.seen[0] ? [] : undefined),
    });
    const { link, owner, ask } = linkTo(server);
    const askedAt = performance.now();
    const question = ask("a.test");
    expect(await addressFrom(question)).toBe(addressOf("a.test"));
    const took = performance.now() - askedAt;
    expect(took).toBeGreaterThanOrEqual(1000);
    expect(took).toBeLessThan(1900);
    const [first, second] = server.seen;
    expect([second!.port, second!.bytes]).toEqual([first!.port, first!.bytes]);
    expect([server.seen.length, link.answered, owner.mismatches]).toEqual([2, 1, 0]);
  });

  test("that is answered late, twice, is nothing strange", async () => {
    const server = await ScriptedPlain.start({ delay: 1200 });
    const { owner, ask } = linkTo(server);
    const questions = names(30).map((name) => ask(name));
    expect(await Promise.all(questions.map(addressFrom))).toEqual(names(30).map(addressOf));
    await until(() => server.seen.length === 60);
    await new Promise((resolve) => setTimeout(resolve, 1400));
    expect([owner.mismatches, server.over("tcp").length]).toEqual([0, 0]);
  });

  test("that nobody answers is sent three times, and is lost after seven seconds", async () => {
    const server = await ScriptedPlain.start({ answer: () => [] });
    const { link, ask } = linkTo(server);
    const before = performance.now();
    const question = ask("a.test");
    expect(link.quietSince).toBeGreaterThanOrEqual(before);
    expect(outcome(await question.ended)).toBe("timeout: no answer over UDP, asked 3 times");
    expect(performance.now() - before).toBeGreaterThan(6900);
    expect([server.seen.length, link.state, link.load]).toEqual([3, "open", 0]);
  });
});

describe("an answer over UDP", () => {
  test("must come from the server's address and port", async () => {
    const server = await ScriptedPlain.start({ answer: () => [] });
    const liar = createSocket("udp4");
    onTestFinished(() => void liar.close());
    const { owner, ask } = linkTo(server);
    const question = ask("a.test");
    await until(() => server.seen.length === 1);
    const { query, port } = server.seen[0]!;
    liar.send(plainAnswer(query!), port, "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([question.result, owner.mismatches]).toEqual([null, 0]);
    server.sendTo(port, plainAnswer(query!));
    expect(outcome(await question.ended)).toBe("answer");
  });

  test("must have id and question; what has not is counted and does no harm", async () => {
    const wrong = (query: Parameters<typeof plainAnswer>[0]): Uint8Array[] => {
      const right = plainAnswer(query);
      const otherId = Uint8Array.from(right);
      otherId[0]! ^= 0x55;
      const otherName = Uint8Array.from(right);
      otherName[13]! ^= 1;
      const noAnswer = Uint8Array.from(right);
      noAnswer[2]! &= 0x7f;
      return [otherId, otherName, noAnswer, Uint8Array.of(right[0]!, right[1]!), new Uint8Array(0), right];
    };
    const { owner, ask } = linkTo(await ScriptedPlain.start({ answer: wrong }));
    expect(await addressFrom(ask("a.test"))).toBe(addressOf("a.test"));
    expect(owner.mismatches).toBe(5);
  });

  test("that is malformed ends the question, not the link", async () => {
    const server = await ScriptedPlain.start({
      answer: (query) => {
        const message = plainAnswer(query);
        message[7] = 200;
        return [message];
      },
    });
    const { link, owner, ask } = linkTo(server);
    expect(outcome(await ask("a.test").ended)).toBe("malformed: the server sent a malformed answer");
    server.knobs.answer = null;
    expect(outcome(await ask("a.test").ended)).toBe("answer");
    expect([owner.mismatches, link.state]).toEqual([1, "open"]);
  });

  test("that is truncated is asked again over TCP (RFC 7766 section 5)", async () => {
    const server = await ScriptedPlain.start({ truncate: true, size: 40_000 });
    const { link, owner, ask } = linkTo(server);
    const questions = names(20).map((name) => ask(name));
    const lengths = await Promise.all(questions.map(async ({ ended }) => (await ended).answer?.length));
    expect(new Set(lengths)).toEqual(new Set([40_000]));
    expect([server.over("udp").length, server.over("tcp").length]).toEqual([20, 20]);
    expect(new Set(server.over("tcp").map(({ port }) => port)).size).toBe(1);
    expect([link.answered, owner.answers, owner.ends, link.load]).toEqual([20, 20, [], 0]);
  });

  test("that is truncated, where TCP is refused: what came is better than nothing", async () => {
    const { link, owner, ask } = linkTo(await ScriptedPlain.start({ truncate: true, tcp: false }));
    const { answer } = await ask("a.test").ended;
    expect(dnsPacket.decode(answer!)).toMatchObject({ flag_tc: true, answers: [] });
    expect([link.state, link.answered, link.load, owner.answers, owner.ends]).toEqual(["open", 1, 0, 1, []]);
  });

  test("that is truncated, where TCP says nothing: what came is given after two seconds", async () => {
    const { link, owner, ask } = linkTo(await ScriptedPlain.start({ truncate: true, silentTcp: true }));
    const { answer } = await ask("a.test").ended;
    expect(dnsPacket.decode(answer!)).toMatchObject({ flag_tc: true });
    expect([link.state, link.held(), owner.answers]).toEqual(["open", [], 1]);
  });

  test("that somebody guesses at: after twenty wrong ones the question goes over TCP", async () => {
    const server = await ScriptedPlain.start({ answer: () => [] });
    const { owner, ask } = linkTo(server);
    const question = ask("a.test");
    await until(() => server.seen.length === 1);
    const { query, port } = server.seen[0]!;
    for (let guess = 1; guess <= 30; guess++) {
      const message = plainAnswer(query!);
      message[1]! ^= guess;
      server.sendTo(port, message);
    }
    expect(await addressFrom(question)).toBe(addressOf("a.test"));
    expect(server.over("tcp")).toHaveLength(1);
    expect(owner.mismatches).toBe(20);
    server.knobs.answer = null;
    await ask("b.test").ended;
    expect(ports(server)).toHaveLength(2);
  });

  test("may be an error without the question", async () => {
    const { ask } = linkTo(
      await ScriptedPlain.start({
        answer: (query) => {
          const message = withoutRecords(query, 5, null).slice(0, 12);
          message.fill(0, 4);
          return [message];
        },
      }),
    );
    expect((await ask("a.test").ended).answer?.readUInt16BE(2)).toBe(0x8185);
  });
});

describe("an abandoned question", () => {
  test("gets no answer, though one comes; the server lives", async () => {
    const { link, owner, ask } = linkTo(await ScriptedPlain.start({ delay: 50 }));
    const question = ask("a.test");
    link.abandon(question);
    expect([link.held(), link.load]).toEqual([[], 1]);
    await until(() => link.load === 0);
    expect([question.result, link.quietSince, owner.answers]).toEqual([null, 0, 0]);
  });

  test("is not sent again, and not asked over TCP", async () => {
    const server = await ScriptedPlain.start({ answer: () => [] });
    const { link, ask } = linkTo(server);
    const question = ask("a.test");
    await until(() => server.seen.length === 1);
    link.abandon(question);
    await new Promise((resolve) => setTimeout(resolve, 1300));
    for (let guess = 1; guess <= 30; guess++) server.sendTo(server.seen[0]!.port, new Uint8Array(20));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([server.over("udp").length, server.over("tcp").length, question.result]).toEqual([1, 0, null]);
  });

  test("on TCP gets no answer either", async () => {
    const server = await ScriptedPlain.start({ truncate: true, silentTcp: true });
    const { link, ask } = linkTo(server);
    const question = ask("a.test");
    await until(() => server.over("tcp").length === 1);
    expect(link.held()).toEqual([question]);
    link.abandon(question);
    expect([link.held(), question.result]).toEqual([[], null]);
  });
});

test("a server that says nothing is not waited for without bound: what nobody waits for makes room", async () => {
  const { link, ask } = linkTo(await ScriptedPlain.start({ answer: () => [] }));
  const waiting = ask("waiting.test");
  for (let at = 0; at < 20_500; at++) link.abandon(ask("given-up.test"));
  expect([link.load < 20_000, waiting.result, link.held()]).toEqual([true, null, [waiting]]);
});

test("where somebody waits for each of very many, one more is lost at once", async () => {
  const { link, ask } = linkTo(await ScriptedPlain.start({ answer: () => [] }));
  for (let at = 0; at < 20_000; at++) ask("waiting.test");
  expect(outcome(await ask("more.test").ended)).toBe("busy: too many queries without an answer");
  expect(link.state).not.toBe("over");
});

describe("the end of a link", () => {
  test("a port where nobody listens is refused, all are lost", async () => {
    const server = await ScriptedPlain.start();
    const { link, owner, ask } = linkTo(server);
    await ask("first.test").ended;
    await server.close();
    const questions = names(5).map((name) => ask(name));
    const ends = await Promise.all(questions.map(({ ended }) => ended));
    expect(new Set(ends.map(outcome))).toEqual(new Set(["refused: nobody listens on the UDP port"]));
    expect(owner.ends).toEqual([
      { failure: { kind: "refused", text: "nobody listens on the UDP port" }, opened: true, lost: 5 },
    ]);
    expect([link.state, link.load]).toEqual(["over", 0]);
    expect(outcome(await ask("late.test").ended)).toBe("closed: the UDP link is over");
  });

  test("without a route: unreachable", async () => {
    const { owner, ask } = linkTo({ address: "255.255.255.255", port: 53 });
    expect(outcome(await ask("a.test").ended)).toMatch(/^unreachable: /);
    expect(owner.ends).toMatchObject([{ lost: 1 }]);
  });

  test("on our side: all are lost, those on TCP too, and no port stays", async () => {
    const server = await ScriptedPlain.start({ answer: () => [] });
    const { link, owner, ask } = linkTo(server);
    const overUdp = ask("udp.test");
    server.set({
      truncate: true,
      silentTcp: true,
      answer: (query) => (query.name === "udp.test" ? [] : undefined),
    });
    const overTcp = ask("tcp.test");
    await until(() => server.over("tcp").length === 1);
    link.close();
    expect([outcome(await overUdp.ended), outcome(await overTcp.ended)]).toEqual([
      "closed: closed by dotls",
      "closed: closed by dotls",
    ]);
    expect(owner.ends).toMatchObject([{ opened: true, lost: 2 }]);
  });

  test("an idle link holds no socket, and works on", async () => {
    const server = await ScriptedPlain.start();
    const { link, ask } = linkTo(server);
    await ask("a.test").ended;
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => /udp/i.test(name)).length;
    const busy = sockets();
    await vi.waitFor(() => expect(sockets()).toBe(busy - 1), { timeout: 4000 });
    expect(link.state).toBe("open");
    expect(outcome(await ask("b.test").ended)).toBe("answer");
  });
});
