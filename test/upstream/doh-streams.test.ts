import { constants } from "node:http2";
import { describe, expect, test } from "vitest";
import { ScriptedDoh } from "../support/scripted-doh.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { outcome } from "./asking.ts";
import { linkTo, names, opened, outcomes } from "./doh-asking.ts";

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
