import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AnswerCache } from "../../src/cache/answer-cache.ts";
import { Kind } from "../../src/cache/kind.ts";
import { createCacheMemory } from "../../src/cache/memory.ts";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { Source } from "../../src/observe/outcome.ts";
import { Resolver } from "../../src/resolve/resolver.ts";
import { Routes } from "../../src/resolve/routes.ts";
import { Step } from "../../src/resolve/stage.ts";
import { Group } from "../../src/upstream/group.ts";
import { failover } from "../../src/upstream/policy/failover.ts";
import { addressReply, OwnTime, terms } from "../support/stored-answers.ts";
import { clientQuery, KeepingDoor } from "./queries.ts";

/** As many as may wait for one question: the one that is asked, and those that follow it. */
const MOST = 10_001;

/** Servers that never answer. */
class Silence extends Group {
  override ask(): void {}
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("gives one stale answer, at once, to a client for whom there is no room to wait", () => {
  const time = new OwnTime();
  const cache = new AnswerCache(createCacheMemory(4 * 1024 * 1024, time), time);
  const sources: number[] = [];
  const resolver = new Resolver({
    allow: ["0.0.0.0/0"],
    routes: new Routes([], new Silence([], failover)),
    localNames: { ...ALL_LOCAL_NAMES, test: false },
    loops: { enter: () => Step.NEXT },
    cache: {
      cache,
      rules: { minTtl: 0, maxTtl: 86_400, negativeTtl: 3600, failureTtl: 300, staleFor: 86_400 },
      staleAtOnce: false,
      prefetch: false,
    },
    timeout: 4000,
    retryRcodes: new Set(),
    observers: [{ ended: ({ source }) => void sources.push(source) }],
  });
  const asked = { name: "www.example.test" };
  cache.store(
    clientQuery(asked).query,
    addressReply(asked.name, 1),
    terms({ kind: Kind.POSITIVE, stale: 86_400 }),
  );
  time.pass(301);
  const waiting = new KeepingDoor();
  for (let i = 0; i < MOST; i++) {
    expect(resolver.handle(clientQuery(asked, waiting).query, 0)).toBe(true);
  }
  const late = new KeepingDoor();
  expect(resolver.handle(clientQuery(asked, late).query, 0)).toBe(false);
  expect(sources).toEqual([Source.STALE]);
  expect(late.sent).toHaveLength(1);
  // Its door may use the object again: nothing may come back to it.
  vi.advanceTimersByTime(3000);
  expect(late.sent).toHaveLength(1);
  expect(waiting.sent).toHaveLength(MOST);
  resolver.stop();
});
