import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AnswerCache } from "../../src/cache/answer-cache.ts";
import { createCacheMemory } from "../../src/cache/memory.ts";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { Resolver } from "../../src/resolve/resolver.ts";
import { Routes } from "../../src/resolve/routes.ts";
import { Step } from "../../src/resolve/stage.ts";
import { Group } from "../../src/upstream/group.ts";
import { failover } from "../../src/upstream/policy/failover.ts";
import { addressReply, OwnTime, terms } from "../support/stored-answers.ts";
import { clientQuery } from "./queries.ts";

/** Half of what may wait for servers at all. */
const BUSY = 5000;

const TIMEOUT = 4000;

/** Servers that never answer. */
class Silence extends Group {
  asked = 0;

  override ask(): void {
    this.asked++;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("fetches what is asked for often as soon as there is room for it again, and counts what is asked alone", () => {
  const time = new OwnTime();
  const cache = new AnswerCache(createCacheMemory(4 * 1024 * 1024, time), time);
  const group = new Silence([], failover);
  let refreshing = 0;
  const resolver = new Resolver({
    allow: ["0.0.0.0/0"],
    routes: new Routes([], group),
    localNames: { ...ALL_LOCAL_NAMES, test: false },
    loops: { enter: () => Step.NEXT },
    cache: {
      cache,
      rules: { minTtl: 0, maxTtl: 86_400, negativeTtl: 3600, failureTtl: 300, staleFor: 86_400 },
      staleAtOnce: false,
      prefetch: true,
    },
    timeout: TIMEOUT,
    retryRcodes: new Set(),
    observers: [{ ended: () => {}, refreshing: () => void refreshing++ }],
  });
  const hot = { name: "www.example.test" };
  const hit = (): void => expect(resolver.handle(clientQuery(hot).query, 0)).toBe(false);
  cache.store(clientQuery(hot).query, addressReply(hot.name, 1), terms());
  for (let i = 0; i < 3; i++) hit();
  time.pass(280);
  for (let i = 0; i < BUSY; i++) resolver.handle(clientQuery({ name: `n${i}.test` }).query, 0);
  expect(resolver.outstanding).toBe(BUSY);
  hit();
  expect([group.asked, refreshing]).toEqual([BUSY, 0]);
  vi.advanceTimersByTime(TIMEOUT);
  expect(resolver.outstanding).toBe(0);
  time.pass(1);
  for (let i = 0; i < 3; i++) hit();
  expect([group.asked, refreshing]).toEqual([BUSY + 1, 1]);
  resolver.stop();
});
