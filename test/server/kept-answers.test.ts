import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AnswerCache } from "../../src/cache/answer-cache.ts";
import { Head } from "../../src/cache/layout.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { KeptAnswers } from "../../src/server/kept-answers.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { logSpy } from "../observe/log-spy.ts";
import { folderWith } from "../support/config-folder.ts";
import { addressReply, question, terms } from "../support/stored-answers.ts";
import { plainConfig } from "../support/serve.ts";

async function keep(names: readonly string[]): Promise<KeptAnswers> {
  const config = { ...plainConfig, cache: { ...NO_CACHE, size: 4 * 1024 * 1024 } };
  const kept = await KeptAnswers.open(config, logSpy().log);
  for (const name of names) kept!.answers.store(question(name), addressReply(name, 1), terms());
  return kept!;
}

const names = ["corp.test", "a.corp.test", "b.a.corp.test", "xcorp.test", "other.test"];

describe("forgetting answers", () => {
  it.each([
    ["a.corp.test", 1],
    ["A.Corp.TEST.", 1],
    ["*.corp.test", 3],
    ["*.a.corp.test", 2],
    ["*.CORP.test.", 3],
    ["nothing.test", 0],
    ["*.test", 5],
    [null, 5],
  ])("%s: %i answers", async (what, removed) => {
    const kept = await keep(names);
    expect(await kept.flush(what)).toBe(removed);
    expect(kept.answers.usage().positives).toBe(names.length - removed);
    expect(await kept.flush(what)).toBe(0);
  });

  it.each(["", "a..b", `${"x".repeat(64)}.test`, "*..test"])("%j is no name", async (what) => {
    const kept = await keep(names);
    await expect(kept.flush(what)).rejects.toMatchObject({ code: "ERR_DOTLS_BAD_TEXT" });
    expect(kept.answers.usage().positives).toBe(names.length);
  });
});

describe("a server that stops while it is forgetting", () => {
  it("saves nothing of what is to be forgotten, and then forgets nothing more", async () => {
    const file = join(folderWith({}), "answers");
    const config = { ...plainConfig, cache: { ...NO_CACHE, size: 32 * 1024 * 1024, file } };
    const kept = (await KeptAnswers.open(config, logSpy().log))!;
    const count = 60_000;
    for (let i = 0; i < count; i++) {
      const name = `n${i}.${i % 2 === 0 ? "corp" : "other"}.test`;
      kept.answers.store(question(name), addressReply(name, i), terms());
    }
    const there = kept.answers.usage().positives;
    const zone = kept.flush("*.corp.test");
    const name = kept.flush("n1.other.test");
    await kept.save();
    expect(await zone).toBeGreaterThan(count / 2 - 100);
    expect(await name).toBe(1);
    await expect(kept.flush(null)).rejects.toMatchObject({ code: "ERR_DOTLS_NO_CACHE" });
    const { log, lines } = logSpy();
    const back = (await KeptAnswers.open(config, log))!;
    expect(back.answers.usage().positives).toBe(there - (await zone) - 1);
    expect(await back.flush("*.corp.test")).toBe(0);
    expect(lines).toContainEqual(expect.objectContaining({ level: "info" }));
  });
});

it("is nothing when the configuration wants none", async () => {
  expect(await KeptAnswers.open(plainConfig, logSpy().log)).toBeNull();
});

it("forgets what earlier servers have said as soon as a thread that is stuck lets go of the memory", async () => {
  const { log, lines } = logSpy();
  const config = { ...plainConfig, cache: { ...NO_CACHE, size: 4 * 1024 * 1024 } };
  const kept = (await KeptAnswers.open({ ...config, upstreams: [readUpstream("tls://127.0.0.1")] }, log))!;
  kept.answers.store(question("a.test"), addressReply("a.test", 1), terms());
  const stuck = new AnswerCache(kept.answers.memory);
  const words = new Int32Array(kept.answers.memory);
  words[Head.LOCK] = stuck.owner;
  await kept.follow(config);
  expect(lines).toMatchObject([{ level: "error", message: expect.stringContaining("not forgotten yet") }]);
  expect(kept.answers.usage().positives).toBe(1);
  words[Head.LOCK] = 0;
  await until(() => kept.answers.usage().positives === 0);
  await kept.follow(config);
  expect(lines).toHaveLength(1);
}, 20_000);
