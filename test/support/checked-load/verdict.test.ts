import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage, type ResourceRecord } from "../../../src/dns/message.ts";
import { parseQuery } from "../scripted-upstream/query.ts";
import { makeQuery } from "../dot-client.ts";
import { checkedAnswer } from "./answer.ts";
import { checkedName, type CheckedQuestion, type Kind, KINDS, typeOf } from "./question.ts";
import { judge } from "./verdict.ts";

interface Options {
  readonly ago?: number;
  readonly counted?: number;
  readonly change?: (record: ResourceRecord) => ResourceRecord;
  readonly asked?: Partial<CheckedQuestion>;
}

/** The answer of the upstream at second 100, asked for `ago` seconds later, with its TTLs lowered by `counted`, and what is said to it. */
function verdictOn(kind: Kind, options: Options = {}): string | null {
  const { ago = 0, counted = ago, change = (record) => record, asked = {} } = options;
  const question = {
    name: checkedName(kind, 60, 7),
    type: typeOf[kind],
    dnssecOk: false,
    checkingDisabled: false,
  };
  const query = parseQuery(makeQuery(question.name, { type: question.type, options: [] }), 1, 1)!;
  const message = decodeMessage(checkedAnswer(query, 100_000)!);
  const aged = (record: ResourceRecord): ResourceRecord => change({ ...record, ttl: record.ttl - counted });
  const bytes = encodeMessage({
    ...message,
    answers: message.answers.map(aged),
    authorities: message.authorities.map(aged),
  });
  const at = 100_000 + ago * 1000;
  return judge({ ...question, ...asked }, decodeMessage(bytes), at, at + 5).fault;
}

describe.each(KINDS)("a checked answer of the kind %s", (kind) => {
  it("is right at once, and when its TTLs have counted down by as much as has passed", () => {
    expect(verdictOn(kind)).toBeNull();
    expect(verdictOn(kind, { ago: 20 })).toBeNull();
    expect(verdictOn(kind, { ago: 60 })).toBeNull();
  });

  it("is wrong when TTLs have not counted down, have counted down too far, or it is over its time", () => {
    expect(verdictOn(kind, { ago: 20, counted: 0 })).toContain("TTL 6");
    expect(verdictOn(kind, { ago: 20, counted: 30 })).toContain("TTL 3");
    expect(verdictOn(kind, { ago: 70, counted: 60 })).toContain("TTL 0");
  });

  it("is wrong when any byte of its data is another one", () => {
    const change = (record: ResourceRecord): ResourceRecord => {
      const rdata = Uint8Array.from(record.rdata);
      rdata[rdata.length - 2]! ^= 1;
      return { ...record, rdata };
    };
    expect(verdictOn(kind, { change })).not.toBeNull();
  });

  it("is wrong for another name, another type, and other flags", () => {
    expect(verdictOn(kind, { asked: { name: checkedName(kind, 60, 8) } })).toContain("it is about");
    expect(verdictOn(kind, { asked: { type: 99 } })).toContain("it is about");
    expect(verdictOn(kind, { asked: { dnssecOk: true } })).not.toBeNull();
    expect(verdictOn(kind, { asked: { checkingDisabled: true } })).not.toBeNull();
  });
});
