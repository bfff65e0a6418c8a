import { expect, test } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { Probe } from "../../src/upstream/probe.ts";
import { Form } from "../../src/upstream/query-writer.ts";

test("a probe asks for the name servers of the root, padded like any query", () => {
  const probe = new Probe();
  const out = Buffer.alloc(probe.length(Form.TLS), 0xff);
  probe.write(out, 0, Form.TLS);
  const message = decodeMessage(out);
  expect(message.questions).toEqual([{ name: new Uint8Array(1), type: 2, class: 1 }]);
  expect(message.edns?.options.map(({ code }) => code)).toEqual([11, 8, 12]);
  expect([message.trailing, out.length]).toEqual([0, 128]);
  expect(out.subarray(12, probe.questionEnd)).toEqual(Buffer.from(probe.question.subarray(12)));
});
