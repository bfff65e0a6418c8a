import { expect, test } from "vitest";
import { askPrinted } from "../support/peers/printed.ts";
import { largeQuestions, shapeQuestions } from "../support/peers/questions.ts";
import { describeThroughDotls, sameAs } from "../support/peers/through.ts";

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
        const reference = await askPrinted("kdig", direct, questions, ["+tcp", option]);
        expect(await askPrinted("kdig", through, questions, [...transport, option])).toEqual(
          sameAs(reference),
        );
      },
    );

    test.each(["+edns", "+dnssec"])(`every type, ${["kdig", ...transport].join(" ")} %s`, async (option) => {
      const { direct, through, everyType } = path();
      const reference = await askPrinted("kdig", direct, everyType, ["+tcp", option]);
      expect(await askPrinted("kdig", through, everyType, [...transport, option])).toEqual(sameAs(reference));
    });
  }
});
