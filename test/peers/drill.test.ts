import { expect, test } from "vitest";
import type { Server } from "../support/peers/dotls.ts";
import { largeQuestions, type Question, shapeQuestions } from "../support/peers/questions.ts";
import { parseReplies, type PrintedReply } from "../support/peers/reply-text.ts";
import { runClient } from "../support/peers/run-client.ts";
import { describeThroughDotls, sameAs } from "../support/peers/through.ts";

/** drill asks one question a process. */
async function drill(
  { address, port }: Server,
  questions: readonly Question[],
  options: readonly string[],
): Promise<PrintedReply[]> {
  const replies: PrintedReply[] = [];
  for (const { name, type } of questions) {
    const text = await runClient("drill", [...options, "-p", String(port), name, type, `@${address}`]);
    replies.push(...parseReplies(text));
  }
  expect(replies).toHaveLength(questions.length);
  return replies;
}

describeThroughDotls(["drill"], (path) => {
  // -a: over UDP, and over TCP when the answer is cut. -b sends an OPT record, as -D does, so that both ways have one.
  for (const transport of ["-a", "-t"]) {
    test.each(["-b 1232", "-D"])(`small and large answers, drill ${transport} %s`, async (option) => {
      const { direct, through } = path();
      const questions = [...shapeQuestions, ...largeQuestions];
      const reference = await drill(direct, questions, ["-t", ...option.split(" ")]);
      expect(await drill(through, questions, [transport, ...option.split(" ")])).toEqual(sameAs(reference));
    });
  }
});
