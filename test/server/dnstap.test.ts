import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ClientQuery } from "../../src/listen/client-query.ts";
import { DNSTAP_COUNTS, DnstapCount } from "../../src/observe/dnstap/counts.ts";
import { dnstapFor } from "../../src/server/dnstap.ts";
import type { Door } from "../../src/listen/door.ts";
import { logSpy } from "../observe/log-spy.ts";
import { folderWith } from "../support/config-folder.ts";
import { rawQuery } from "../support/raw-query.ts";
import { plainConfig } from "../support/serve.ts";

/** How many messages wait for a reader that is away, in one of so many threads. */
async function waiting(buffer: number, threads: number): Promise<number> {
  const counts = new Float64Array(DNSTAP_COUNTS);
  const to = { path: join(folderWith({}), "nobody.sock") };
  const config = { ...plainConfig, dnstap: { ...plainConfig.dnstap, to, buffer } };
  const dnstap = await dnstapFor(config, logSpy().log, counts, threads);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing of it is used
  const query = new ClientQuery({} as Door, 0);
  query.begin("127.0.0.1", 4711, performance.now());
  const bytes = rawQuery({ name: "a".repeat(60) });
  query.read(bytes, bytes.length, false);
  let sent = 0;
  for (; counts[DnstapCount.DROPPED] === 0; sent++) dnstap!.tap.clientQuery(query);
  await dnstap!.stop();
  return sent;
}

describe("dnstap.buffer", () => {
  it("is divided among the threads, so that all of them together have no more", async () => {
    const alone = await waiting(8 * 1024 ** 2, 1);
    const ofTwo = await waiting(8 * 1024 ** 2, 2);
    expect(alone).toBeGreaterThan(10_000);
    expect(ofTwo / alone).toBeCloseTo(0.5, 1);
  });

  it("leaves no thread without any", async () => {
    expect(await waiting(256 * 1024, 64)).toBe(await waiting(256 * 1024, 1));
  });
});
