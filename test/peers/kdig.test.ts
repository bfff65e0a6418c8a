import { expect, test } from "vitest";
import type { Server } from "../support/peers/dotls.ts";
import { largeQuestions, type Question, shapeQuestions } from "../support/peers/questions.ts";
import { parseReplies, type PrintedReply } from "../support/peers/reply-text.ts";
import { runClient } from "../support/peers/run-client.ts";
import { describeThroughDotls, sameAs } from "../support/peers/through.ts";

async function kdig(
  { address, port }: Server,
  questions: readonly Question[],
  options: readonly string[],
): Promise<PrintedReply[]> {
  const list = questions.flatMap(({ name, type }) => [name, type]);
  const replies = parseReplies(
    await runClient("kdig", [`@${address}`, "-p", String(port), ...options, ...list]),
  );
  expect(replies).toHaveLength(questions.length);
  return replies;
}

describeThroughDotls(["kdig"], (path) => {
  // Told nothing, kdig asks over UDP and goes to TCP when the answer is cut.
  // +keepopen sends all questions over one connection, one after the other.
  const transports = [[], ["+tcp"], ["+tcp", "+keepopen"]];
  for (const transport of transports) {
    test.each(["+noedns", "+dnssec", "+padding=128"])(
      `small and large answers, ${["kdig", ...transport].join(" ")} %s`,
      async (option) => {
        const { direct, through } = path();
        const questions = [...shapeQuestions, ...largeQuestions];
        const reference = await kdig(direct, questions, ["+tcp", option]);
        expect(await kdig(through, questions, [...transport, option])).toEqual(sameAs(reference));
      },
    );

    test.each(["+edns", "+dnssec"])(`every type, ${["kdig", ...transport].join(" ")} %s`, async (option) => {
      const { direct, through, everyType } = path();
      const reference = await kdig(direct, everyType, ["+tcp", option]);
      expect(await kdig(through, everyType, [...transport, option])).toEqual(sameAs(reference));
    });
  }
});
