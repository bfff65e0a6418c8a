import { describe, expect, it } from "vitest";
import { mergedLog, remoteLog } from "../../src/server/worker-log.ts";
import { logSpy } from "../observe/log-spy.ts";

describe("what workers say", () => {
  it("is written once when several say it, and again when one says it again", () => {
    let now = 0;
    const { log, lines } = logSpy();
    const say = mergedLog(log, () => now);
    const down = (worker: number): void => say(worker, "warn", "upstream a is down", { kind: "refused" });
    const written = (): number => lines.length;
    down(0);
    down(1);
    down(2);
    expect(written()).toBe(1);
    // It was up in between, as this one saw it.
    down(1);
    down(0);
    expect(written()).toBe(2);
    now = 10_000;
    down(2);
    expect(written()).toBe(3);
    say(0, "warn", "upstream a is down", { kind: "timeout" });
    say(1, "info", "upstream a is down", { kind: "timeout" });
    expect(lines.slice(3).map(({ level }) => level)).toEqual(["warn", "info"]);
  });

  it("can be posted: errors are text", () => {
    const sent: unknown[] = [];
    const log = remoteLog((level, message, fields) => sent.push(structuredClone([level, message, fields])));
    log.error("it failed", { error: new Error("outer", { cause: new Error("inner") }), at: 7 });
    log.debug("so");
    expect(sent).toEqual([
      ["error", "it failed", { error: "outer: inner", at: 7 }],
      ["debug", "so", {}],
    ]);
  });
});
