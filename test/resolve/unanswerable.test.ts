import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { Step } from "../../src/resolve/stage.ts";
import { Unanswerable } from "../../src/resolve/unanswerable.ts";
import type { RawQuery } from "../support/raw-query.ts";
import { clientQuery } from "./queries.ts";

function judged(message: RawQuery): { step: number; rcode: number; code: number | undefined } {
  const { query } = clientQuery(message);
  const step = new Unanswerable().enter(query);
  return { step, rcode: query.rcode, code: query.extra?.code };
}

describe("what is not forwarded", () => {
  it.each([0, 41, 249, 250, 251, 252, 253, 254])("is type %i (NOTIMP, extended error 21)", (type) => {
    expect(judged({ type })).toEqual({ step: Step.ANSWERED, rcode: 4, code: 21 });
  });

  it.each([3, 254, 255])("is class %i (REFUSED, extended error 21)", (qclass) => {
    expect(judged({ class: qclass })).toEqual({ step: Step.ANSWERED, rcode: 5, code: 21 });
  });

  it("is a query without RD (REFUSED, extended error 20)", () => {
    expect(judged({ flags: 0 })).toEqual({ step: Step.ANSWERED, rcode: 5, code: 20 });
    expect(judged({ flags: Flag.CD | Flag.AD })).toEqual({ step: Step.ANSWERED, rcode: 5, code: 20 });
  });
});

describe("what is forwarded", () => {
  it.each([1, 28, 255, 64, 65, 128, 256, 32_768, 65_280, 65_535])("is type %i", (type) => {
    expect(judged({ type })).toEqual({ step: Step.NEXT, rcode: -1, code: undefined });
  });

  it.each([0, 1, 2, 4, 5, 65_280, 65_535])("is class %i", (qclass) => {
    expect(judged({ class: qclass }).step).toBe(Step.NEXT);
  });
});
