import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createLog, createOncePer } from "../../src/observe/log.ts";

function memory(isTTY: boolean): Writable & { isTTY: boolean; text: string } {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      memory.text += chunk.toString();
      done();
    },
  });
  const memory = Object.assign(stream, { isTTY, text: "" });
  return memory;
}

describe("createLog on a pipe or file", () => {
  it("writes one JSON object a line, with the level in words and the time in ISO 8601", async () => {
    const stream = memory(false);
    const log = await createLog({ level: "info", stream });
    log.warn("the upstream is down", { upstream: "tls://192.0.2.1", failures: 3 });
    log.error("two\nlines");
    const lines = stream.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      {
        level: "warn",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        pid: process.pid,
        message: "the upstream is down",
        upstream: "tls://192.0.2.1",
        failures: 3,
      },
      expect.objectContaining({ level: "error", message: "two\nlines" }),
    ]);
  });

  it("lets no field stand in for the level, the time or the message", async () => {
    const stream = memory(false);
    const log = await createLog({ level: "info", stream });
    log.info("true", { message: "false", level: "error", pid: 1, time: "never", kind: "test" });
    expect(JSON.parse(stream.text)).toMatchObject({
      message: "true",
      level: "info",
      pid: process.pid,
      kind: "test",
    });
    expect(stream.text).not.toContain("never");
  });

  it("writes an error as its message and its causes, without the stack", async () => {
    const stream = memory(false);
    const log = await createLog({ level: "info", stream });
    log.error("cannot start", { error: new Error("no socket", { cause: new Error("EACCES") }) });
    expect(JSON.parse(stream.text)).toMatchObject({ error: "no socket: EACCES" });
    expect(stream.text).not.toContain("log.test.ts");
  });
});

describe("createLog on a terminal", () => {
  it("writes lines for people", async () => {
    const stream = memory(true);
    const log = await createLog({ level: "info", stream });
    log.info("ready", { port: 53, name: "two words", empty: "", list: [1, 2], none: null });
    expect(stream.text).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z info {2}ready port=53 name="two words" empty="" list=\[1,2\] none=null\n$/,
    );
  });

  it("lets no message move the cursor or begin a line", async () => {
    const stream = memory(true);
    const log = await createLog({ level: "info", stream });
    log.error("bad\nname \u001b[31m", { peer: "x\r\ny", bell: "\u0007" });
    expect(stream.text.split("\n")).toHaveLength(2);
    // oxlint-disable-next-line no-control-regex -- that none is left is the point
    expect(stream.text.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});

describe.each([false, true])("the level (terminal: %s)", (isTTY) => {
  it("can be changed while it runs", async () => {
    const stream = memory(isTTY);
    const log = await createLog({ level: "error", stream });
    log.info("one");
    log.setLevel?.("info");
    log.info("two");
    log.debug("three");
    log.setLevel?.("error");
    log.warn("four");
    expect(stream.text).toMatch(/^[^\n]*two[^\n]*\n$/);
  });

  it.each([
    ["error", ["error"]],
    ["warn", ["error", "warn"]],
    ["info", ["error", "warn", "info"]],
    ["debug", ["error", "warn", "info", "debug"]],
  ] as const)("%s lets through %s", async (level, expected) => {
    const stream = memory(isTTY);
    const log = await createLog({ level, stream });
    log.error("m-error");
    log.warn("m-warn");
    log.info("m-info");
    log.debug("m-debug");
    expect([...stream.text.matchAll(/m-(\w+)/g)].map(([, name]) => name)).toEqual(expected);
  });
});

describe("createOncePer", () => {
  it("lets each key through once in the time given", () => {
    let time = 0;
    const oncePer = createOncePer(() => time);
    expect([oncePer("a", 100), oncePer("a", 100), oncePer("b", 100)]).toEqual([true, false, true]);
    time = 99;
    expect(oncePer("a", 100)).toBe(false);
    time = 100;
    expect([oncePer("a", 100), oncePer("a", 100)]).toEqual([true, false]);
  });

  it("forgets the key that passed longest ago rather than grow", () => {
    const oncePer = createOncePer(() => 0);
    for (let i = 0; i <= 1000; i++) oncePer(`key ${i}`, 100);
    expect(oncePer("key 1", 100)).toBe(false);
    expect(oncePer("key 0", 100)).toBe(true);
  });
});
