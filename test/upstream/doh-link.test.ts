import { constants } from "node:http2";
import * as dnsPacket from "dns-packet";
import { describe, expect, test } from "vitest";
import type { Target } from "../../src/upstream/dial.ts";
import type { DohLink } from "../../src/upstream/doh-link.ts";
import { type DohOptions, authorityOf } from "../../src/upstream/doh-request.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { ScriptedDoh } from "../support/scripted-doh.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { type AskedQuestion, type Watched, outcome, watch, dohLink } from "./asking.ts";

const post: DohOptions = { path: "/dns-query", method: "POST" };
const get: DohOptions = { path: "/dns-query", method: "GET" };

interface Where {
  readonly address: string;
  readonly port: number;
  readonly name: string;
  readonly ca: string;
}

function targetOf({ address, port, name, ca }: Where, change: Partial<Target> = {}): Target {
  return { address, port, name, pins: [], anchors: new TrustAnchors(ca), minVersion: "TLSv1.2", ...change };
}

/** A link to the server, whose name, pins and so on can be told wrong. */
function linkTo(
  server: Where,
  options: DohOptions = post,
  change: Partial<Target> = {},
  tickets: TicketStore = new TicketStore(),
): Watched<DohLink> {
  return watch((owner) => dohLink(targetOf(server, change), options, tickets, owner));
}

function addressIn(message: Buffer | null): unknown {
  const [answer] = message === null ? [] : (dnsPacket.decode(message).answers ?? []);
  return (answer as { data?: unknown } | undefined)?.data;
}

async function outcomes(questions: readonly AskedQuestion[]): Promise<string[]> {
  return Promise.all(questions.map(async (question) => outcome(await question.ended)));
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `n${at}.test`);
}

/** Waits until the link is open and the server's settings are known. */
async function opened(watched: Watched<DohLink>): Promise<void> {
  expect(outcome(await watched.ask("first.test").ended)).toBe("answer");
}

describe("a question over HTTPS (RFC 8484)", () => {
  test.each([post, get])("is answered, by $method", async (options) => {
    const server = await ScriptedDoh.start();
    const { link, owner, ask } = linkTo(server, options);
    expect(link.state).toBe("connecting");
    const { answer } = await ask("Ask.test").ended;
    expect(addressIn(answer)).toBe(addressOf("ask.test"));
    expect(owner.opened).toMatchObject([{ resumed: false }]);
    expect(owner.opened[0]!.handshakeMs).toBeGreaterThan(0);
    expect([link.state, link.answered, link.load, link.quietSince, owner.answers]).toEqual([
      "open",
      1,
      0,
      0,
      1,
    ]);
  });

  test("by POST carries a padded message with id 0, and no header that is not needed", async () => {
    const server = await ScriptedDoh.start();
    await linkTo(server).ask("a.test").ended;
    const { headers, message, query } = server.requests[0]!;
    expect(Object.fromEntries(Object.entries(headers))).toEqual({
      ":method": "POST",
      ":scheme": "https",
      ":authority": `dot.test:${server.port}`,
      ":path": "/dns-query",
      accept: "application/dns-message",
      "content-type": "application/dns-message",
      "content-length": "128",
    });
    expect([message.length, message.readUInt16BE(0)]).toEqual([128, 0]);
    expect(query?.opt).toMatchObject({ codes: [8, 12], paddingLast: true });
  });

  test("by GET carries it in the URL, unpadded base64url, after a query that is there already", async () => {
    const server = await ScriptedDoh.start();
    await linkTo(server, { path: "/q?token=1", method: "GET" }).ask("a.test").ended;
    const { headers, message } = server.requests[0]!;
    expect(headers[":path"]).toMatch(/^\/q\?token=1&dns=[\w-]+$/);
    expect([message.length, message.readUInt16BE(0)]).toEqual([128, 0]);
    expect(Object.keys(headers).filter((name) => /content|agent|language|cookie/.test(name))).toEqual([]);
  });

  test("goes out together with others: one session, each answered on its stream", async () => {
    const server = await ScriptedDoh.start({ delay: ({ index }) => (index % 7) * 5 });
    const { ask } = linkTo(server);
    const questions = names(200).map((name) => ask(name));
    const answers = await Promise.all(questions.map(async ({ ended }) => addressIn((await ended).answer)));
    expect(answers).toEqual(names(200).map(addressOf));
    expect(server.handshakes).toBe(1);
    expect(new Set(server.requests.map(({ session }) => session))).toEqual(new Set([1]));
  });

  test("with an answer in pieces, and with one of 64 KiB", async () => {
    const server = await ScriptedDoh.start({ split: 7 });
    const { ask } = linkTo(server);
    expect(addressIn((await ask("a.test").ended).answer)).toBe(addressOf("a.test"));
    server.set({ split: 0, size: 65_535 });
    const large = await Promise.all(names(40).map(async (name) => (await ask(name).ended).answer?.length));
    expect(new Set(large)).toEqual(new Set([65_535]));
  });

  test("loses the time that its answer spent in caches from the TTLs (section 5.1)", async () => {
    const server = await ScriptedDoh.start({ headers: { age: "250" } });
    const { ask } = linkTo(server);
    const ttl = async (): Promise<unknown> => {
      const { answers } = dnsPacket.decode((await ask("a.test").ended).answer!);
      return (answers?.[0] as { ttl?: number } | undefined)?.ttl;
    };
    expect(await ttl()).toBe(50);
    server.set({ headers: { age: "100000" } });
    expect(await ttl()).toBe(0);
    server.set({ headers: { age: "soon" } });
    expect(await ttl()).toBe(300);
  });

  test("has its name in :authority, else the address; the port unless it is 443", () => {
    const of = (name: string | null, address: string, port: number): string =>
      authorityOf({ name, address, port });
    expect(of("dns.test", "192.0.2.1", 443)).toBe("dns.test");
    expect(of("dns.test", "192.0.2.1", 8443)).toBe("dns.test:8443");
    expect(of(null, "192.0.2.1", 443)).toBe("192.0.2.1");
    expect(of(null, "fe80::1%eth0", 8443)).toBe("[fe80::1]:8443");
  });
});

describe("trust", () => {
  test.each([
    ["wrong-name", {}, "name: TLS: the certificate is not for dot.test, but for other.test, 127.0.0.99"],
    ["expired", {}, /^clock: /],
    ["self-signed", {}, /^untrusted: /],
    ["good", { pins: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] }, /^pin: /],
  ] as const)("%s: no request is sent", async (certificate, change, text) => {
    const server = await ScriptedDoh.start({ certificate });
    const { link, owner, ask } = linkTo(server, post, change);
    const said = outcome(await ask("a.test").ended);
    expect(said).toMatch(text);
    expect(owner.ends).toMatchObject([{ opened: false, lost: 1 }]);
    expect([link.state, server.requests.length, server.sessions.length]).toEqual(["over", 0, 0]);
  });

  test("pin and name right: asked; the session resumes with a ticket, for HTTP/2 alone", async () => {
    const server = await ScriptedDoh.start();
    const tickets = new TicketStore();
    const once = async (): Promise<void> => {
      const { link, ask } = linkTo(server, post, { pins: [server.pin] }, tickets);
      expect(outcome(await ask("a.test").ended)).toBe("answer");
      link.close();
    };
    await once();
    await once();
    expect([server.handshakes, server.resumed]).toEqual([2, 1]);
  });

  test("a server that speaks DNS over TLS alone is not asked", async () => {
    const upstream = await start();
    expect(outcome(await linkTo(upstream).ask("a.test").ended)).toMatch(
      /^tls: .*alert no application protocol/,
    );
    // One that ignores ALPN: nothing says what it speaks.
    upstream.set({ alpn: null });
    const { owner, ask } = linkTo(upstream);
    expect(outcome(await ask("a.test").ended)).toBe("tls: TLS: the server does not speak HTTP/2");
    expect(owner.ends).toMatchObject([{ opened: false }]);
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  test("a server known by its address alone is not thrown off by 421 (Misdirected Request)", async () => {
    const server = await ScriptedDoh.start({ status: 421 });
    expect(outcome(await linkTo(server, post, { name: null }).ask("a.test").ended)).toBe(
      "http: HTTP status 421",
    );
  });

  test("nobody listens: refused", async () => {
    const server = await ScriptedDoh.start();
    const where = targetOf(server);
    await server.close();
    const watched = watch((owner) => dohLink(where, post, new TicketStore(), owner));
    expect(outcome(await watched.ask("a.test").ended)).toBe("refused: connection refused");
  });
});

describe("answers that hold no DNS message", () => {
  test.each([
    [{ status: 503 }, "http: HTTP status 503"],
    [{ status: 302, headers: { location: "/elsewhere" } }, "http: HTTP status 302"],
    [
      { headers: { "content-type": "text/html; charset=utf-8" } },
      'http: HTTP content type "text/html; charset=utf-8", not application/dns-message',
    ],
    [
      { headers: { "content-type": undefined } },
      'http: HTTP content type "none", not application/dns-message',
    ],
    [{ headers: { "content-encoding": "gzip" } }, 'http: HTTP content coding "gzip", not asked for'],
    [{ answer: () => Buffer.alloc(65_536) }, "http: an HTTP body of more than 65535 bytes"],
    [{ answer: () => Buffer.alloc(11) }, "http: an HTTP body that is no DNS message"],
    [{ answer: () => Buffer.alloc(0) }, "http: an HTTP body that is no DNS message"],
    [{ reset: () => constants.NGHTTP2_INTERNAL_ERROR }, "http: HTTP/2: the server reset it (INTERNAL_ERROR)"],
    [{ reset: () => constants.NGHTTP2_CANCEL, resetAfter: 30 }, "http: HTTP/2: the server reset it (CANCEL)"],
    [{ reset: () => constants.NGHTTP2_NO_ERROR, resetAfter: 30 }, /^http: HTTP\/2: the server /],
  ])("%j are failures, and the session lives on", async (knobs, text) => {
    const server = await ScriptedDoh.start(knobs);
    const { link, owner, ask } = linkTo(server);
    const ended = await ask("a.test").ended;
    expect(outcome(ended)).toMatch(text);
    expect([ended.progress, link.state, link.load]).toEqual([false, "open", 0]);
    server.set({
      status: 200,
      headers: { "content-type": "Application/DNS-Message; x=y" },
      answer: null,
      reset: () => null,
    });
    expect(outcome(await ask("a.test").ended)).toBe("answer");
    expect([owner.ends, server.handshakes]).toEqual([[], 1]);
  });

  test("three in a row end the session: it is no DNS server", async () => {
    const server = await ScriptedDoh.start();
    const { link, owner, ask } = linkTo(server);
    await opened({ link, owner, ask });
    server.set({ status: 404, delay: ({ name }) => (name === "slow.test" ? 1000 : 0) });
    const slow = ask("slow.test");
    const said = await outcomes([ask("a.test"), ask("b.test"), ask("c.test"), slow]);
    expect(said).toEqual(Array.from({ length: 4 }, () => "http: HTTP status 404"));
    expect(slow.result?.progress).toBe(false);
    expect(owner.ends).toEqual([
      { failure: { kind: "http", text: "HTTP status 404" }, opened: true, lost: 1 },
    ]);
  });

  test.each(["wrong-question", "wrong-type", "wrong-class", "qr-0", "wrong-opcode"] as const)(
    "%s: counted and lost, the session lives on",
    async (fault) => {
      const server = await ScriptedDoh.start({ fault });
      const { link, owner, ask } = linkTo(server);
      expect(outcome(await ask("a.test").ended)).toBe("malformed: the server answered another question");
      server.set({ fault: null });
      expect(outcome(await ask("a.test").ended)).toBe("answer");
      expect([owner.mismatches, link.answered, link.state]).toEqual([1, 1, "open"]);
    },
  );

  test.each(["bad-counts", "pointer-loop"] as const)("%s: malformed", async (fault) => {
    const { owner, ask } = linkTo(await ScriptedDoh.start({ fault }));
    expect(outcome(await ask("a.test").ended)).toBe("malformed: the server sent a malformed answer");
    expect(owner.mismatches).toBe(1);
  });

  test("a question in other case is right (RFC 4343)", async () => {
    const { ask } = linkTo(await ScriptedDoh.start({ fault: "other-case" }));
    expect(outcome(await ask("a.test").ended)).toBe("answer");
  });
});

describe("the number of streams", () => {
  test("stays below what the server takes; the rest waits in order", async () => {
    const server = await ScriptedDoh.start({ maxStreams: 5, delay: 5 });
    const watched = linkTo(server);
    await opened(watched);
    const questions = names(60).map((name) => watched.ask(name));
    expect([watched.link.load, watched.link.held().length]).toEqual([60, 60]);
    expect(new Set(await outcomes(questions))).toEqual(new Set(["answer"]));
    expect(server.mostStreams).toBe(5);
    expect(server.requests.slice(1).map(({ query }) => query?.name)).toEqual(names(60));
    expect(server.resets).toEqual([]);
  });

  test("adapts to a server that refuses some: they are asked again, on the same session", async () => {
    const server = await ScriptedDoh.start({ delay: 5, takes: 3 });
    const watched = linkTo(server);
    await opened(watched);
    expect(new Set(await outcomes(names(40).map((name) => watched.ask(name))))).toEqual(new Set(["answer"]));
    expect([server.handshakes, watched.owner.ends]).toEqual([1, []]);
    // The first burst meets refusals, and then no more.
    expect(server.resets.length).toBeLessThanOrEqual(40);
    const before = server.resets.length;
    expect(new Set(await outcomes(names(40).map((name) => watched.ask(name))))).toEqual(new Set(["answer"]));
    expect(server.resets.length).toBe(before);
  });

  test("a question that is always refused is lost after three tries", async () => {
    const server = await ScriptedDoh.start({ reset: () => constants.NGHTTP2_REFUSED_STREAM });
    const { link, ask } = linkTo(server);
    const ended = await ask("a.test").ended;
    expect(outcome(ended)).toBe("closed: HTTP/2: the server refused the stream");
    expect([ended.progress, server.requests.length, link.state]).toEqual([false, 3, "open"]);
  });
});

describe("an abandoned question", () => {
  test("gets no answer, though one comes; the server lives", async () => {
    const server = await ScriptedDoh.start({ delay: 50 });
    const watched = linkTo(server);
    await opened(watched);
    const question = watched.ask("a.test");
    expect(watched.link.quietSince).toBeGreaterThan(0);
    watched.link.abandon(question);
    expect([watched.link.held(), watched.link.load]).toEqual([[], 1]);
    await until(() => watched.link.load === 0);
    expect([watched.link.quietSince, question.result, watched.owner.answers]).toEqual([0, null, 1]);
  });

  test("makes room for others when the server answers nothing", async () => {
    const server = await ScriptedDoh.start({
      maxStreams: 3,
      answer: ({ name }) => (name === "no.test" ? null : undefined),
    });
    const watched = linkTo(server);
    await opened(watched);
    for (let at = 0; at < 3; at++) watched.link.abandon(watched.ask("no.test"));
    expect(outcome(await watched.ask("a.test").ended)).toBe("answer");
    // Newer Node.js also resets what comes before it has seen the room that was made.
    await until(() => server.resets.includes(constants.NGHTTP2_CANCEL));
  });

  test("is not sent when it is abandoned before its turn", async () => {
    const server = await ScriptedDoh.start();
    const { link, ask } = linkTo(server);
    const given = ask("given-up.test");
    link.abandon(given);
    for (let at = 0; at < 3000; at++) link.abandon(ask("flood.test"));
    expect(link.load).toBeLessThan(2000);
    expect(outcome(await ask("a.test").ended)).toBe("answer");
    expect(server.requests.map(({ query }) => query?.name)).toEqual(["a.test"]);
    expect(given.result).toBeNull();
  });
});

describe("the end of a session", () => {
  test.each(["fin", "rst"] as const)("by %s: everything in flight and waiting is lost, once", async (how) => {
    const server = await ScriptedDoh.start({ maxStreams: 10 });
    const watched = linkTo(server);
    await opened(watched);
    server.set({ silent: true });
    const questions = names(50).map((name) => watched.ask(name));
    watched.link.abandon(questions[3]!);
    await until(() => server.requests.length === 11);
    server.closeAll(how);
    const left = questions.filter((question) => question !== questions[3]);
    expect(new Set(await outcomes(left))).toEqual(new Set(["closed: closed by the server"]));
    expect(left.every(({ result }) => result?.progress)).toBe(true);
    expect(watched.owner.ends).toEqual([
      { failure: { kind: "closed", text: "closed by the server" }, opened: true, lost: 49 },
    ]);
    expect([watched.link.state, watched.link.load, watched.link.held()]).toEqual(["over", 0, []]);
  });

  test("without any answer on it is no progress", async () => {
    const server = await ScriptedDoh.start({ silent: true });
    const question = linkTo(server).ask("a.test");
    await until(() => server.requests.length === 1);
    server.closeAll("fin");
    expect(await question.ended).toMatchObject({ failure: { kind: "closed" }, progress: false });
  });

  test("by bytes that are no HTTP/2 is no progress, whatever was answered before", async () => {
    const server = await ScriptedDoh.start();
    const watched = linkTo(server);
    await opened(watched);
    server.set({ silent: true });
    const questions = names(5).map((name) => watched.ask(name));
    await until(() => server.requests.length === 6);
    // A DATA frame on stream 0: a connection error (RFC 9113 section 6.1).
    server.garble(Buffer.from("00000400000000000061626364", "hex"));
    const ends = await Promise.all(questions.map(({ ended }) => ended));
    expect(new Set(ends.map(({ failure, progress }) => `${failure?.kind} ${progress}`))).toEqual(
      new Set(["closed false"]),
    );
    expect(watched.owner.ends).toMatchObject([{ opened: true, lost: 5 }]);
  });

  test("on our side: lost, and the server is told", async () => {
    const server = await ScriptedDoh.start();
    const watched = linkTo(server);
    await opened(watched);
    server.set({ silent: true });
    const question = watched.ask("a.test");
    await until(() => server.requests.length === 2);
    watched.link.close();
    expect(outcome(await question.ended)).toBe("closed: closed by dotls");
    await until(() => server.sessions.length === 0);
    expect(server.goaways).toEqual([constants.NGHTTP2_NO_ERROR]);
    expect(outcome(await watched.ask("b.test").ended)).toBe("closed: the HTTP/2 session is over");
  });

  test("before it was open: what waits is lost", async () => {
    const { link, owner, ask } = linkTo(await ScriptedDoh.start());
    const question = ask("a.test");
    link.close();
    expect(outcome(await question.ended)).toBe("closed: closed by dotls");
    expect(owner.ends).toMatchObject([{ opened: false, lost: 1 }]);
  });
});

describe("GOAWAY (RFC 9113 section 6.8)", () => {
  test("with an error ends it all", async () => {
    const server = await ScriptedDoh.start();
    const watched = linkTo(server);
    await opened(watched);
    server.set({ silent: true });
    const question = watched.ask("a.test");
    await until(() => server.requests.length === 2);
    server.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const ended = await question.ended;
    expect(outcome(ended)).toBe("closed: the server ended the HTTP/2 session (ENHANCE_YOUR_CALM)");
    expect(ended.progress).toBe(true);
    expect(watched.owner.ends).toMatchObject([{ opened: true, lost: 1 }]);
  });

  test("what the server takes is still answered, the rest is lost at once", async () => {
    const server = await ScriptedDoh.start({ maxStreams: 4 });
    const watched = linkTo(server);
    await opened(watched);
    server.set({ delay: 200 });
    const questions = names(6).map((name) => watched.ask(name));
    await until(() => server.requests.length === 5);
    // The streams are 3, 5, 7, 9; two more questions wait.
    server.goaway(constants.NGHTTP2_NO_ERROR, 5);
    const [first, second, ...others] = questions as [AskedQuestion, AskedQuestion, ...AskedQuestion[]];
    expect(new Set(await outcomes(others))).toEqual(new Set(["closed: the server ends the HTTP/2 session"]));
    expect(others.every(({ result }) => result?.progress)).toBe(true);
    expect(watched.owner.ends).toMatchObject([{ opened: true, lost: 4 }]);
    expect([watched.link.state, watched.link.held()]).toEqual(["over", [first, second]]);
    expect(await outcomes([first, second])).toEqual(["answer", "answer"]);
    expect([watched.owner.answers, watched.owner.ends.length, watched.link.load]).toEqual([3, 1, 0]);
    await until(() => server.sessions.length === 0);
  });

  test("what the server took and does not answer is lost after a second", async () => {
    const server = await ScriptedDoh.start();
    const watched = linkTo(server);
    await opened(watched);
    server.set({ silent: true });
    const question = watched.ask("a.test");
    await until(() => server.requests.length === 2);
    server.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
    await until(() => watched.link.state === "over");
    expect(question.result).toBeNull();
    const ended = await question.ended;
    expect(outcome(ended)).toBe("closed: the server ends the HTTP/2 session");
    expect(watched.owner.ends).toHaveLength(1);
  });

  test("of a server that stops: what it had taken is answered", async () => {
    const server = await ScriptedDoh.start();
    const watched = linkTo(server);
    await opened(watched);
    server.set({ delay: 100 });
    const questions = names(30).map((name) => watched.ask(name));
    await until(() => server.requests.length === 31);
    server.leave();
    expect(new Set(await outcomes(questions))).toEqual(new Set(["answer"]));
    expect(watched.owner.ends).toMatchObject([{ opened: true, lost: 0 }]);
  });

  test("between questions loses nothing", async () => {
    const server = await ScriptedDoh.start();
    const watched = linkTo(server);
    await opened(watched);
    server.leave();
    await until(() => watched.link.state === "over");
    expect(watched.owner.ends).toMatchObject([{ opened: true, lost: 0 }]);
    await until(() => server.sessions.length === 0);
  });
});

describe("signs of life", () => {
  test("quietSince is set by a question and taken back by an answer, not by part of one", async () => {
    const server = await ScriptedDoh.start();
    const watched = linkTo(server);
    await opened(watched);
    expect(watched.link.quietSince).toBe(0);
    server.set({ unfinished: true });
    const before = performance.now();
    const question = watched.ask("a.test");
    await until(() => server.requests.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(watched.link.quietSince).toBeGreaterThanOrEqual(before);
    expect(question.result).toBeNull();
    server.set({ unfinished: false });
    const between = performance.now();
    await watched.ask("b.test").ended;
    // The first one still waits, and from now on anew.
    expect(watched.link.quietSince).toBeGreaterThanOrEqual(between);
    watched.link.abandon(question);
    await watched.ask("c.test").ended;
    expect(watched.link.quietSince).toBe(0);
  });
});

test("a question that is lost may be asked again from within", async () => {
  const server = await ScriptedDoh.start({ maxStreams: 10 });
  const watched = linkTo(server);
  await opened(watched);
  server.set({ silent: true });
  const again = linkTo(server);
  const retried: AskedQuestion[] = [];
  for (const name of names(30)) {
    const question = watched.ask(name);
    question.onLost = () => {
      retried.push(again.ask(name));
      // The link that is over refuses, and does not loop.
      watched.ask("late.test");
    };
  }
  await until(() => server.requests.length >= 11);
  server.set({ silent: false });
  watched.link.close();
  expect(retried).toHaveLength(30);
  expect(new Set(await outcomes(retried))).toEqual(new Set(["answer"]));
});
