import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { a, extendedErrors, RESPONSE, seconds, serveCached, soa } from "./caching.ts";

it("section 4: what is over its time has TTL 30, and is given when the servers fail", async () => {
  const served = await serveCached();
  served.answers.set("www.test 1", { answers: [a(1)] });
  await served.ask({ name: "www.test" });
  await seconds(1);
  for (const rcode of [2, 5]) {
    served.answers.set("www.test 1", { flags: RESPONSE | rcode });
    const stale = await served.ask({ name: "www.test", opt: {} });
    expect(stale.flags & 15).toBe(0);
    expect(stale.answers.map(({ ttl }) => ttl)).toEqual([30]);
    expect(extendedErrors(stale)).toEqual([3]);
  }
});

it("section 4: an answer that there is no such name, or no such record, is an answer", async () => {
  const served = await serveCached();
  for (const name of ["gone.test", "empty.test"]) served.answers.set(`${name} 1`, { answers: [a(1)] });
  for (const name of ["gone.test", "empty.test"]) await served.ask({ name });
  await seconds(1);
  served.answers.set("gone.test 1", { flags: RESPONSE | 3, authorities: [soa(60, 60)] });
  served.answers.set("empty.test 1", { authorities: [soa(60, 60)] });
  expect((await served.ask({ name: "gone.test" })).flags & 15).toBe(3);
  expect((await served.ask({ name: "empty.test" })).answers).toHaveLength(0);
});

it("RFC 8914 section 4.20: that there was no such name has an extended error of its own", async () => {
  const served = await serveCached();
  served.answers.set("none.test 1", { flags: RESPONSE | 3, authorities: [soa(1, 1)] });
  await served.ask({ name: "none.test" });
  await seconds(1);
  served.answers.set("none.test 1", { flags: RESPONSE | 2 });
  const stale = await served.ask({ name: "none.test", opt: {} });
  expect([stale.flags & 15, ...extendedErrors(stale)]).toEqual([3, 19]);
});

it("section 5: after failures the servers are asked again in pauses that grow, however many clients ask", async () => {
  const served = await serveCached();
  served.answers.set("www.test 1", { answers: [a(1)] });
  await served.ask({ name: "www.test" });
  await seconds(1);
  served.answers.set("www.test 1", { flags: RESPONSE | 2 });
  await served.ask({ name: "www.test" });
  const before = served.asked("www.test 1");
  for (const until = performance.now() + 6000; performance.now() < until; await pause(20))
    expect((await served.ask({ name: "www.test" })).flags & 15).toBe(0);
  // After 1, 2 and 4 seconds, and so on up to 30, where the RFC has 30 at once: else a server that is back would not be noticed.
  expect(served.asked("www.test 1")).toBeGreaterThan(before);
  expect(served.asked("www.test 1")).toBeLessThanOrEqual(before + 3);
});

it("is not for those who see AD: what was validated once may not be valid any more", async () => {
  const served = await serveCached();
  served.answers.set("www.test 1", { flags: RESPONSE | Flag.AD, answers: [a(1)] });
  const query = { name: "www.test", flags: Flag.RD | Flag.AD };
  expect((await served.ask(query)).flags & Flag.AD).toBe(Flag.AD);
  await seconds(1);
  served.answers.set("www.test 1", { flags: RESPONSE | 2 });
  expect((await served.ask(query)).flags & (Flag.AD | 15)).toBe(0);
});

it("is switched off by cache.serveStale", async () => {
  const served = await serveCached({ cache: { serveStale: "off" } });
  served.answers.set("www.test 1", { answers: [a(1)] });
  await served.ask({ name: "www.test" });
  await seconds(1);
  served.answers.set("www.test 1", { flags: RESPONSE | 2 });
  expect((await served.ask({ name: "www.test" })).flags & 15).toBe(2);
});
