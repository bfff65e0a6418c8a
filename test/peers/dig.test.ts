import { expect, test } from "vitest";
import type { Server } from "../support/peers/dotls.ts";
import { largeQuestions, type Question, shapeQuestions } from "../support/peers/questions.ts";
import { parseReplies, type PrintedReply } from "../support/peers/reply-text.ts";
import { runClient } from "../support/peers/run-client.ts";
import { describeThroughDotls, sameAs } from "../support/peers/through.ts";

async function dig(
  { address, port }: Server,
  questions: readonly Question[],
  options: readonly string[],
): Promise<PrintedReply[]> {
  const list = questions.flatMap(({ name, type }) => [name, type]);
  const replies = parseReplies(
    await runClient("dig", [`@${address}`, "-p", String(port), ...options, ...list]),
  );
  expect(replies).toHaveLength(questions.length);
  return replies;
}

const options = ["+edns", "+dnssec", "+noedns", "+cdflag", "+noadflag", "+bufsize=4096"];

describeThroughDotls(["dig"], (path) => {
  for (const transport of ["+notcp", "+tcp"]) {
    test.each(options)(`small answers, ${transport} %s`, async (option) => {
      const { direct, through } = path();
      const reference = await dig(direct, shapeQuestions, ["+tcp", option]);
      expect(await dig(through, shapeQuestions, [transport, option])).toEqual(
        sameAs(reference, { cd: option === "+cdflag" }),
      );
    });

    test.each(options)(`large answers, ${transport} %s`, async (option) => {
      const { direct, through } = path();
      const reference = await dig(direct, largeQuestions, ["+tcp", option]);
      expect(await dig(through, largeQuestions, [transport, option])).toEqual(
        sameAs(reference, { cd: option === "+cdflag" }),
      );
    });

    test.each(["+edns", "+dnssec"])(`every type, ${transport} %s`, async (option) => {
      const { direct, through } = path();
      const everyType = path().everyType.filter(({ name }) => !name.includes("\\"));
      expect(everyType.length).toBeGreaterThan(40);
      const reference = await dig(direct, everyType, ["+tcp", option]);
      expect(await dig(through, everyType, [transport, option])).toEqual(
        sameAs(reference, { cd: option === "+cdflag" }),
      );
    });
  }

  test.each([512, 1232, 4096])(
    "an answer over UDP is at most %d bytes when the client says so",
    async (size) => {
      const { through } = path();
      const list = largeQuestions.flatMap(({ name, type }) => [name, type]);
      const options = ["+ignore", `+bufsize=${size}`, "+notcp"];
      const text = await runClient("dig", ["@127.0.0.1", "-p", String(through.port), ...options, ...list]);
      const sizes = [...text.matchAll(/MSG SIZE\s+rcvd: (\d+)/g)].map((match) => Number(match[1]));
      expect(sizes).toHaveLength(largeQuestions.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(size);
      expect(parseReplies(text).at(-1)).toMatchObject({
        status: "NOERROR",
        flags: expect.arrayContaining(["tc"]),
      });
    },
  );
});
