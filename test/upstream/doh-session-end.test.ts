import { constants } from "node:http2";
import { describe, expect, test } from "vitest";
import { ScriptedDoh } from "../support/scripted-doh.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { type AskedQuestion, outcome } from "./asking.ts";
import { linkTo, names, opened, outcomes } from "./doh-asking.ts";

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
