import { expect, test } from "vitest";
import { askPrinted } from "../support/peers/printed.ts";
import { largeQuestions, shapeQuestions } from "../support/peers/questions.ts";
import { describeThroughDotls, sameAs } from "../support/peers/through.ts";

describeThroughDotls(["dig"], (path) => {
  // What one client has asked, over TCP so that it is whole, is given to the next from memory, and must be the same.
  test.each(["+edns", "+dnssec", "+cdflag"])(
    "answers from memory are those of the server, record by record, over UDP and TCP: %s",
    async (option) => {
      const { direct, through } = path();
      const everyType = path().everyType.filter(({ name }) => !name.includes("\\"));
      for (const list of [everyType, shapeQuestions, largeQuestions]) {
        const reference = await askPrinted("dig", direct, list, ["+tcp", option]);
        const expected = sameAs(reference, { cd: option === "+cdflag" });
        await askPrinted("dig", through, list, ["+tcp", option]);
        expect(await askPrinted("dig", through, list, ["+tcp", option])).toEqual(expected);
        expect(await askPrinted("dig", through, list, ["+notcp", option])).toEqual(expected);
      }
    },
  );
});
