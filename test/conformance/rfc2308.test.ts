import { expect, it } from "vitest";
import { a, RESPONSE, seconds, serveCached, soa } from "./caching.ts";

it("section 3 and 5: the SOA comes with every negative answer, its TTL the lower of TTL and MINIMUM, counted down", async () => {
  const served = await serveCached();
  served.answers.set("none.test 1", { flags: RESPONSE | 3, authorities: [soa(900, 60)] });
  const first = await served.ask({ name: "none.test" });
  expect([first.flags & 15, first.authorities.map(({ ttl }) => ttl)]).toEqual([3, [60]]);
  await seconds(1);
  const next = await served.ask({ name: "none.test" });
  expect(next.flags & 15).toBe(3);
  expect(next.authorities[0]!.ttl).toBeLessThan(60);
  expect(next.authorities[0]!.ttl).toBeGreaterThan(30);
  expect(served.asked("none.test 1")).toBe(1);
});

it("section 5: NXDOMAIN holds for the name whatever the type, NODATA for the type", async () => {
  const served = await serveCached();
  served.answers.set("none.test 1", { flags: RESPONSE | 3, authorities: [soa(900, 60)] });
  served.answers.set("empty.test 1", { authorities: [soa(900, 60)] });
  served.answers.set("empty.test 28", { authorities: [soa(900, 60)] });
  for (const name of ["none.test", "empty.test"]) {
    for (const type of [1, 28, 1, 28]) await served.ask({ name, type });
  }
  expect(["none.test 1", "none.test 28", "empty.test 1", "empty.test 28"].map(served.asked)).toEqual([
    1, 0, 1, 1,
  ]);
});

it("section 5: without an SOA nothing negative is kept", async () => {
  const served = await serveCached();
  served.answers.set("none.test 1", { flags: RESPONSE | 3 });
  served.answers.set("empty.test 1", {});
  for (const name of ["none.test", "none.test", "empty.test", "empty.test"]) await served.ask({ name });
  expect(["none.test 1", "empty.test 1"].map(served.asked)).toEqual([2, 2]);
});

it("section 5: the time is bounded by cache.negativeTtl", async () => {
  const served = await serveCached({ cache: { negativeTtl: 1000, serveStale: "off" } });
  served.answers.set("none.test 1", { flags: RESPONSE | 3, authorities: [soa(900, 900)] });
  expect((await served.ask({ name: "none.test" })).authorities[0]!.ttl).toBe(1);
  await seconds(1);
  served.answers.set("none.test 1", { answers: [a(60)] });
  expect((await served.ask({ name: "none.test" })).flags & 15).toBe(0);
});
