import { expect, it, onTestFinished } from "vitest";
import { AnswerCache } from "../../src/cache/answer-cache.ts";
import { createCacheMemory } from "../../src/cache/memory.ts";
import type { CacheConfig } from "../../src/config/config.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { decodeMessage } from "../../src/dns/message.ts";
import { Source } from "../../src/observe/outcome.ts";
import { Step } from "../../src/resolve/stage.ts";
import { Generation } from "../../src/server/generation.ts";
import { UpstreamFactory } from "../../src/server/upstreams.ts";
import { logSpy } from "../observe/log-spy.ts";
import { clientQuery, KeepingDoor } from "../resolve/queries.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { plainConfig, specOf } from "../support/serve.ts";

const size = 4 * 1024 * 1024;
const cache: CacheConfig = { ...NO_CACHE, size };

/** The TTLs tell who answered. */
const OURS = 111;
const THEIRS = 222;

/** The path of a server that asks `upstream`, without doors. */
async function generationFor(upstream: ScriptedUpstream, answers: AnswerCache | null): Promise<Generation> {
  const config = { ...plainConfig, upstreams: [specOf(upstream)], cache };
  const { log } = logSpy();
  const factory = new UpstreamFactory(config, log);
  const loops = { enter: () => Step.NEXT };
  const made = await Generation.make(config, { factory, loops, observers: [], answers, log, tap: null });
  onTestFinished(async () => {
    made.end();
    await factory.stop();
  });
  return made;
}

it("answers each who asks while the bypass opens or closes from where he is led to, and keeps nothing of the bypass", async () => {
  const ours = await start({ ttl: OURS, delay: 300 });
  const theirs = await start({ ttl: THEIRS, delay: 600 });
  const answers = new AnswerCache(createCacheMemory(size));
  const { resolver, groups } = await generationFor(ours, answers);
  const network = await generationFor(theirs, null);
  const door = new KeepingDoor();
  const ask = (id: number): void => {
    resolver.handle(clientQuery({ id, name: "www.example.org" }, door).query, 0);
  };
  const ttls = (): number[][] =>
    door.sent
      .map(({ reply }) => decodeMessage(Uint8Array.from(reply)))
      .map(({ id, answers: records }) => [id, records[0]?.ttl ?? -1])
      .sort(([one], [other]) => one! - other!);

  ask(1);
  ask(2);
  groups.routes.divert(network.groups.routes.pick(clientQuery({ name: "any.test" }).query));
  ask(3);
  ask(4);
  groups.routes.divert(null);
  ask(5);
  await expect.poll(() => ttls().length).toBe(5);
  expect(ttls()).toEqual([
    [1, OURS],
    [2, OURS],
    [3, THEIRS],
    [4, THEIRS],
    [5, OURS],
  ]);
  expect(ours.counters.queries).toBe(2);
  // The answer of the network came last.
  ask(6);
  expect(door.sent.at(-1)!.query.source).toBe(Source.CACHE);
  expect(ttls().at(-1)![1]).toBeLessThanOrEqual(OURS);
});
