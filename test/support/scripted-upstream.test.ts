import type { ConnectionOptions } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { DotClient, makeQuery } from "./dot-client.ts";
import type { StartOptions } from "./scripted-upstream.ts";
import { ScriptedUpstream } from "./scripted-upstream.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function start(options: StartOptions = {}): Promise<ScriptedUpstream> {
  const upstream = await ScriptedUpstream.start(options);
  stops.push(() => upstream.close());
  return upstream;
}

async function connect(upstream: ScriptedUpstream, options: ConnectionOptions = {}): Promise<DotClient> {
  const client = await DotClient.connect({ port: upstream.port, ca: upstream.ca, ...options });
  stops.push(() => client.close());
  return client;
}

describe("answers", () => {
  test("are made from the name, question echoed byte for byte", async () => {
    const upstream = await start();
    const client = await connect(upstream);
    const query = makeQuery("ExAmple.test", { id: 77 });
    const answer = await client.ask(query);
    expect(answer.readUInt16BE(0)).toBe(77);
    expect(answer.subarray(12, query.length)).toEqual(query.subarray(12));
    expect(answer.toString("hex", query.length, query.length + 12)).toBe("c00c000100010000012c0004");
    expect(await client.ask(makeQuery("eXample.test"))).not.toEqual(answer);
    expect(upstream.counters).toMatchObject({
      connections: 1,
      handshakes: 1,
      resumed: 0,
      queries: 2,
      answers: 2,
    });
  });
});
