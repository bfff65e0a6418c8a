import { constants } from "node:http2";
import * as dnsPacket from "dns-packet";
import { describe, expect, test } from "vitest";
import { authorityOf } from "../../src/upstream/doh-request.ts";
import { ScriptedDoh } from "../support/scripted-doh.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { type AskedQuestion, outcome } from "./asking.ts";
import { addressIn, get, linkTo, names, opened, outcomes, post } from "./doh-asking.ts";

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
