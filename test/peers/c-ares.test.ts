import { Resolver } from "node:dns/promises";
import { expect, test } from "vitest";
import type { Server } from "../support/peers/dotls.ts";
import { largeQuestions, type Question, shapeQuestions } from "../support/peers/questions.ts";
import { describeThroughDotls } from "../support/peers/through.ts";

/** The types that node:dns asks for in every Node release that dotls runs on. */
const types = new Set(["A", "AAAA", "CAA", "CNAME", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "TXT"]);

/** What c-ares makes of each question: the records, or the code of the error. */
async function resolveAll({ address, port }: Server, questions: readonly Question[]): Promise<unknown[]> {
  const resolver = new Resolver({ timeout: 5000, tries: 1 });
  resolver.setServers([`${address}:${port}`]);
  return Promise.all(
    questions
      .filter(({ name, type }) => types.has(type) && !name.includes("\\"))
      .map(async ({ name, type }) => {
        try {
          return { name, type, records: await resolver.resolve(name, type) };
        } catch (error) {
          return { name, type, code: (error as NodeJS.ErrnoException).code };
        }
      }),
  );
}

describeThroughDotls([], (path) => {
  test("small and large answers, all asked at once", async () => {
    const { direct, through } = path();
    const questions = [...shapeQuestions, ...largeQuestions];
    const answers = await resolveAll(through, questions);
    expect(answers).toEqual(await resolveAll(direct, questions));
    expect(answers).toContainEqual({ name: "www.peers.example", type: "A", records: ["192.0.2.80"] });
    expect(answers).toContainEqual({ name: "missing.peers.example", type: "A", code: "ENOTFOUND" });
  });

  test("every type that c-ares knows", async () => {
    const { direct, through, everyType } = path();
    expect(await resolveAll(through, everyType)).toEqual(await resolveAll(direct, everyType));
  });
});
