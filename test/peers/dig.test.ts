import { expect, test } from "vitest";
import { askPrinted } from "../support/peers/printed.ts";
import { largeQuestions, shapeQuestions } from "../support/peers/questions.ts";
import { parseReplies } from "../support/peers/reply-text.ts";
import { runClient } from "../support/peers/run-client.ts";
import { describeThroughDotls, sameAs } from "../support/peers/through.ts";

const options = ["+edns", "+dnssec", "+noedns", "+cdflag", "+noadflag", "+bufsize=4096"];

describeThroughDotls(["dig"], (path) => {
  for (const transport of ["+notcp", "+tcp"]) {
    test.each(options)(`small answers, ${transport} %s`, async (option) => {
      const { direct, through } = path();
      const reference = await askPrinted("dig", direct, shapeQuestions, ["+tcp", option]);
      expect(await askPrinted("dig", through, shapeQuestions, [transport, option])).toEqual(
        sameAs(reference, { cd: option === "+cdflag" }),
      );
    });

    test.each(options)(`large answers, ${transport} %s`, async (option) => {
      const { direct, through } = path();
      const reference = await askPrinted("dig", direct, largeQuestions, ["+tcp", option]);
      expect(await askPrinted("dig", through, largeQuestions, [transport, option])).toEqual(
        sameAs(reference, { cd: option === "+cdflag" }),
      );
    });

    test.each(["+edns", "+dnssec"])(`every type, ${transport} %s`, async (option) => {
      const { direct, through } = path();
      const everyType = path().everyType.filter(({ name }) => !name.includes("\\"));
      expect(everyType.length).toBeGreaterThan(40);
      const reference = await askPrinted("dig", direct, everyType, ["+tcp", option]);
      expect(await askPrinted("dig", through, everyType, [transport, option])).toEqual(
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
