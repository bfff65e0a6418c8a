import { expect, it } from "vitest";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";

it("gives the poor answer that was put aside as it came, whatever the connection has read since", async () => {
  const rcodes = { "bad.test": 2 };
  const first = await start({ rcodes });
  const second = await start({
    rcodes,
    name: "second.test",
    delay: ({ name }) => (name === "bad.test" ? 400 : 0),
  });
  const { client } = await serve([specOf(first), specOf(second)]);
  const bad = client.ask("bad.test");
  await expect.poll(() => second.counters.queries).toBeGreaterThan(0);
  // They are read into the memory that the answer of the first server was read into.
  for (let n = 0; n < 20; n++) await client.ask(`other${n}.test`);
  const { message } = await bad;
  expect(outcomeOf(message)).toMatch(/^SERVFAIL/);
  expect(client.wrong).toEqual([]);
});
