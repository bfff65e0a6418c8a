import { expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { RESPONSE, serveCached, soa } from "./caching.ts";

const denied = { flags: RESPONSE | 3 | Flag.AD, authorities: [soa(60, 60)] };

it("section 2: below a name that does not exist there is nothing, where that was validated", async () => {
  const served = await serveCached();
  served.answers.set("gone.test 1", denied);
  await served.ask({ name: "gone.test" });
  for (const name of ["a.gone.test", "b.a.gone.test", "B.A.GONE.Test"]) {
    const reply = await served.ask({ name, type: 28 });
    expect([reply.flags & 15, reply.authorities.length]).toEqual([3, 1]);
  }
  expect(served.upstream.counters.queries).toBe(1);
});

it("section 2: the names beside and above it are asked for", async () => {
  const served = await serveCached();
  served.answers.set("gone.test 1", denied);
  await served.ask({ name: "gone.test" });
  for (const name of ["xgone.test", "gone.test.example", "test"]) {
    expect((await served.ask({ name })).flags & 15).toBe(0);
  }
});

it("section 6: a denial that nobody validated is not believed for what is below", async () => {
  const served = await serveCached();
  served.answers.set("gone.test 1", { ...denied, flags: RESPONSE | 3 });
  await served.ask({ name: "gone.test" });
  expect((await served.ask({ name: "a.gone.test" })).flags & 15).toBe(0);
});
