import { expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { a, extendedErrors, RESPONSE, seconds, serveCached } from "./caching.ts";

const failed = { flags: RESPONSE | 2, opt: { options: [{ code: 15, data: Buffer.of(0, 7) }] } };

it("section 3.2: a failure is remembered for a second at least, with its reason (RFC 8914 section 4.14)", async () => {
  const served = await serveCached();
  served.answers.set("bad.test 1", failed);
  for (let i = 0; i < 20; i++) await served.ask({ name: "bad.test", opt: {} });
  const reply = await served.ask({ name: "bad.test", opt: {} });
  expect(reply.flags & 15).toBe(2);
  expect(extendedErrors(reply)).toEqual([13, 7]);
  // More than one only if the second was over meanwhile.
  expect(served.asked("bad.test 1")).toBeLessThan(4);
});

it("section 3.2: an answer ends it", async () => {
  const served = await serveCached();
  served.answers.set("bad.test 1", failed);
  await served.ask({ name: "bad.test" });
  served.answers.set("bad.test 1", { answers: [a(60)] });
  await seconds(1);
  expect((await served.ask({ name: "bad.test" })).flags & 15).toBe(0);
});

it("is a matter of one type, and of whether validation is wanted", async () => {
  const served = await serveCached();
  served.answers.set("bad.test 1", failed);
  await served.ask({ name: "bad.test" });
  served.answers.set("bad.test 1", { answers: [a(60)] });
  expect((await served.ask({ name: "bad.test", type: 28 })).flags & 15).toBe(0);
  expect((await served.ask({ name: "bad.test", flags: Flag.RD | Flag.CD })).flags & 15).toBe(0);
});

it.each([5, 4, 1])(
  "is not for response code %i, which is about the server and not about the name",
  async (rcode) => {
    const served = await serveCached();
    served.answers.set("odd.test 1", { flags: RESPONSE | rcode, opt: {} });
    for (let i = 0; i < 3; i++) expect((await served.ask({ name: "odd.test" })).flags & 15).toBe(rcode);
    expect(served.asked("odd.test 1")).toBe(3);
  },
);
